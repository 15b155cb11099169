#include "namesfile.h"

#include "diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key an input answers to, for binary search. */
struct key {
    const char *text;
    size_t input;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct key *)a)->text, ((const struct key *)b)->text);
}

static struct key *make_keys(const struct lode_collection *c, size_t *n)
{
    struct key *keys = malloc((3 * c->count + 1) * sizeof *keys);
    *n = 0;
    for (size_t i = 0; keys != NULL && i < c->count; i++) {
        const char *const texts[] = {c->inputs[i].path, c->inputs[i].locator, c->inputs[i].name};
        for (size_t k = 0; k < 3; k++) {
            keys[*n].text = texts[k];
            keys[(*n)++].input = i;
        }
    }
    if (keys != NULL)
        qsort(keys, *n, sizeof *keys, compare);
    return keys;
}

/* Do several inputs answer to the key? */
static bool shared(const struct key *hit, const struct key *keys, size_t n)
{
    const struct key *first = hit, *last = hit;
    while (first > keys && strcmp(first[-1].text, hit->text) == 0)
        first--;
    while (last + 1 < keys + n && strcmp(last[1].text, hit->text) == 0)
        last++;
    for (const struct key *k = first; k <= last; k++)
        if (k->input != hit->input)
            return true;
    return false;
}

static int apply_line(const char *file, unsigned long line_no, char *line, const struct key *keys,
                      size_t n, char **names, struct lode_diag *diag)
{
    char *tab = strchr(line, '\t');
    if (line[0] == 0 || line[0] == '#')
        return LODE_OK;
    if (tab == NULL || tab == line || tab[1] == 0 || strchr(tab + 1, '\t') != NULL)
        return lode_diag_set(diag, LODE_E_FORMAT, "%s: line %lu: not SOURCE<TAB>NAME", file,
                             line_no);
    *tab = 0;
    const struct key want = {line, 0};
    const struct key *hit = bsearch(&want, keys, n, sizeof *keys, compare);
    if (hit == NULL)
        return lode_diag_set(diag, LODE_E_NOT_FOUND, "%s: line %lu: '%s' is none of the inputs",
                             file, line_no, line);
    if (shared(hit, keys, n))
        return lode_diag_set(diag, LODE_E_AMBIGUOUS,
                             "%s: line %lu: '%s' may be several of the inputs: give its path", file,
                             line_no, line);
    if (names[hit->input] != NULL)
        return lode_diag_set(diag, LODE_E_DUPLICATE, "%s: line %lu: '%s' has a NAME already", file,
                             line_no, line);
    names[hit->input] = strdup(tab + 1);
    return names[hit->input] != NULL ? LODE_OK : lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
}

int lode_names_file_apply(const char *file, struct lode_collection *c, struct lode_diag *diag)
{
    size_t n, cap = 0;
    char *line = NULL;
    FILE *in = fopen(file, "re");
    if (in == NULL)
        return lode_diag_errno(diag, "%s: cannot open", file);
    struct key *keys = make_keys(c, &n);
    char **names = calloc(c->count + 1, sizeof *names);
    int status = keys != NULL && names != NULL ? LODE_OK
                                               : lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    for (unsigned long line_no = 1; status == LODE_OK; line_no++) {
        const ssize_t len = getline(&line, &cap, in);
        if (len < 0 && !feof(in)) /* it ends as well where memory does */
            status = lode_diag_errno(diag, "%s: cannot read", file);
        if (len < 0)
            break;
        if (memchr(line, 0, (size_t)len) != NULL) {
            status = lode_diag_set(diag, LODE_E_FORMAT, "%s: line %lu: a NUL byte", file, line_no);
            break;
        }
        line[strcspn(line, "\r\n")] = 0;
        status = apply_line(file, line_no, line, keys, n, names, diag);
    }
    for (size_t i = 0; names != NULL && i < c->count; i++) {
        if (status == LODE_OK && names[i] != NULL) {
            free(c->inputs[i].name);
            c->inputs[i].name = names[i];
        } else {
            free(names[i]);
        }
    }
    free(names);
    free(keys);
    free(line);
    fclose(in);
    return status;
}
