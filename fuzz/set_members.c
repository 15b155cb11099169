#include "set_members.h"

#include "lode.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct set_contig set_contigs[SET_CONTIGS] = {{"a", "ACGTNNACGTTTACGGGAC"},
                                                    {"b", "GG"},
                                                    {"a", "TTTTTTTTTTTTTTTTTTTTTTTTACG"},
                                                    {"c", "acgtacgtRYKM"},
                                                    {"e", "NNNNNA"}};

/* Inputs of each member; contigs of set_contigs follow one another. */
static const struct {
    int member, contigs;
} sources[SET_SOURCES] = {{0, 2}, {0, 1}, {1, 0}, {2, 2}};

const struct set_record set_records[SET_RECORDS] = {
    {0, "k", "v"}, {0, "l", "one"},   {0, "m", ""},  {1, "l", "two"},
    {1, "n", "x"}, {2, "k", "again"}, {2, "o", "y"}, {2, "n", "z"}};

static const char *path_in(const char *dir, const char *leaf)
{
    static char paths[4][4096];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, leaf);
    return path;
}

static int write_source(const char *path, const struct set_contig *contigs, int n)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        return 0;
    for (int i = 0; i < n; i++)
        fprintf(f, ">%s\n%s\n", contigs[i].name, contigs[i].bases);
    return fclose(f) == 0;
}

static int make_indexes(const char *dir)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *const out = path_in(dir, "i.lode");
    char inputs[SET_SOURCES][4096], path[4096];
    int first = 0;
    snprintf(path, sizeof path, "%s", out);
    (void)unlink(path);
    for (int i = 0; i < SET_SOURCES; i++) {
        char leaf[16];
        snprintf(leaf, sizeof leaf, "s%d.fa", i);
        snprintf(inputs[i], sizeof inputs[i], "%s/%s", dir, leaf);
        if (!write_source(inputs[i], set_contigs + first, sources[i].contigs))
            return 0;
        first += sources[i].contigs;
    }
    how.out = path;
    how.add = 1;
    how.threads = 1;
    for (int member = 0; member < SET_MEMBERS; member++) {
        const char *some[SET_SOURCES];
        size_t n = 0;
        for (int i = 0; i < SET_SOURCES; i++)
            if (sources[i].member == member)
                some[n++] = inputs[i];
        if (lode_build(some, n, &how, NULL, NULL) != LODE_OK)
            return 0;
    }
    return 1;
}

static int make_stores(const char *dir)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    char path[4096];
    snprintf(path, sizeof path, "%s", path_in(dir, "r.lode"));
    (void)unlink(path);
    options.keys = LODE_STORE_TEXT;
    options.name = "r";
    for (int member = 0; member < SET_MEMBERS; member++) {
        lode_store_writer *w = NULL;
        if ((member == 0 ? lode_store_create(path, &options, &w, NULL)
                         : lode_store_extend(path, &w, NULL)) != LODE_OK)
            return 0;
        int status = LODE_OK;
        for (int i = 0; i < SET_RECORDS && status == LODE_OK; i++)
            if (set_records[i].member == member)
                status = lode_store_put(w, set_records[i].key, 1, set_records[i].value,
                                        strlen(set_records[i].value), i % 2 ? "t" : NULL, NULL);
        if (status == LODE_OK && member == 2)
            status = lode_store_remove(w, "m", 1, NULL);
        if (status != LODE_OK) {
            lode_store_discard(w);
            return 0;
        }
        if (lode_store_publish(w, NULL, NULL) != LODE_OK)
            return 0;
    }
    return 1;
}

int set_members_make(const char *dir)
{
    return make_indexes(dir) && make_stores(dir);
}
