#include "report.h"

#include "bench.h"
#include "goals.h"
#include "lode.h"

#include <htslib/hts.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    ROWS_MAX = 64,
    NOTES_MAX = 64,
    PASSES_MAX = 2,
    SAMPLES_MAX = PASSES_MAX * MEASURE_ROUNDS_MAX
};

static struct row {
    char row[48], unit[16], peer_name[48], peer_version[48];
    double ours, peer; /* medians of all samples */
    double ours_all[SAMPLES_MAX], peer_all[SAMPLES_MAX];
    size_t samples;
    double ratios[PASSES_MAX];
    size_t passes;
} rows[ROWS_MAX];
static size_t row_count;
static char notes[NOTES_MAX][400];
static size_t note_count;
static bool last_pass = true;

void report_pass(size_t pass, bool last)
{
    if (pass >= PASSES_MAX)
        bench_die("too many passes");
    last_pass = last;
}

static struct row *row_of(const char *name)
{
    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].row, name) == 0)
            return &rows[i];
    if (row_count == ROWS_MAX)
        bench_die("too many rows");
    struct row *r = &rows[row_count++];
    snprintf(r->row, sizeof r->row, "%s", name);
    return r;
}

/* "22262x", "2.81x", "0.0031x"; valid until the next call. */
static const char *ratio_text(double ratio)
{
    static char text[32];
    snprintf(text, sizeof text, "%.*fx", ratio >= 100 ? 0 : ratio >= 0.1 ? 2 : 4, ratio);
    return text;
}

static double median_of(const double *values, size_t n)
{
    double copy[SAMPLES_MAX];
    memcpy(copy, values, n * sizeof *copy);
    return measure_median(copy, n);
}

void report_pair(const char *row, struct measure_pair *pair, double scale, const char *unit,
                 const char *peer_name, const char *peer_version)
{
    struct row *r = row_of(row);
    snprintf(r->unit, sizeof r->unit, "%s", unit);
    snprintf(r->peer_name, sizeof r->peer_name, "%s", peer_name);
    snprintf(r->peer_version, sizeof r->peer_version, "%s", peer_version);
    if (r->passes == PASSES_MAX)
        bench_die("%s: twice in one pass", row);
    for (size_t i = 0; i < pair->rounds; i++) {
        r->ours_all[r->samples] = scale * pair->ours[i];
        r->peer_all[r->samples++] = scale * pair->peer[i];
    }
    r->ratios[r->passes++] =
        median_of(pair->peer, pair->rounds) / median_of(pair->ours, pair->rounds);
    r->ours = median_of(r->ours_all, r->samples);
    r->peer = median_of(r->peer_all, r->samples);
    fprintf(stderr, "  %-24s %12.4g %12.4g %-5s %10s\n", row,
            scale * median_of(pair->ours, pair->rounds),
            scale * median_of(pair->peer, pair->rounds), unit,
            ratio_text(r->ratios[r->passes - 1]));
}

void report_values(const char *row, double ours, double peer, const char *unit,
                   const char *peer_name, const char *peer_version)
{
    struct measure_pair pair = {.ours = {ours}, .peer = {peer}, .rounds = 1};
    report_pair(row, &pair, 1, unit, peer_name, peer_version);
}

void report_note(const char *format, ...)
{
    va_list args;
    if (note_count == NOTES_MAX || !last_pass)
        return;
    va_start(args, format);
    vsnprintf(notes[note_count++], sizeof notes[0], format, args);
    va_end(args);
}

void report_skip(const char *row, const char *why)
{
    if (last_pass)
        fprintf(stderr, "  %-24s SKIPPED: %s\n", row, why);
    report_note("SKIPPED %s: %s.", row, why);
}

const char *report_htslib(void)
{
    static char text[48];
    snprintf(text, sizeof text, "%s%s", hts_version(),
             (hts_features() & HTS_FEATURE_LIBDEFLATE) != 0 ? "+libdeflate" : "+zlib");
    return text;
}

static void cpu_model(char *out, size_t cap)
{
    char line[256];
    FILE *in = fopen("/proc/cpuinfo", "r");
    snprintf(out, cap, "unknown CPU");
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, cap, "%s", value + 2);
            break;
        }
    }
    if (in != NULL)
        fclose(in);
}

void report_machine(void)
{
    char cpu[128];
    struct utsname kernel;
    cpu_model(cpu, sizeof cpu);
    uname(&kernel);
    printf("machine: %s, %ld cores, %s %s %s, %s\n", cpu, sysconf(_SC_NPROCESSORS_ONLN),
           kernel.sysname, kernel.release, kernel.machine, BENCH_COMPILER);
    printf("lode %s %s; htslib %s\n", lode_version(), lode_features(), report_htslib());
}

/* What the passes' ratios differ by, in percent of the row's. */
static double spread(const struct row *r)
{
    double least = r->ratios[0], most = r->ratios[0];
    for (size_t i = 1; i < r->passes; i++) {
        least = r->ratios[i] < least ? r->ratios[i] : least;
        most = r->ratios[i] > most ? r->ratios[i] : most;
    }
    return 100 * (most - least) / (r->peer / r->ours);
}

static void table_row(const struct row *r, size_t *below, size_t *losses)
{
    char goal[48];
    const double ratio = r->peer / r->ours;
    const bool missed = goal_missed(goal_of(r->row), r->ours, ratio);
    goal_text(goal_of(r->row), r->unit, goal, sizeof goal);
    printf("%-24s %11.4g %11.4g %-4s %10s %5.1f%%  %-16s %s %s%s%s\n", r->row, r->ours, r->peer,
           r->unit, ratio_text(ratio), spread(r), goal, r->peer_name, r->peer_version,
           missed ? "  BELOW FLOOR" : "", ratio < 1 ? "  (lode loses)" : "");
    *below += missed;
    *losses += ratio < 1;
}

void report_table(void)
{
    size_t below = 0, losses = 0;
    printf("\n%-24s %11s %11s %-4s %10s %6s  %-16s %s\n", "row", "lode", "peer", "unit", "ratio",
           "spread", "floor / aim", "peer");
    for (const struct row *r = rows; r < rows + row_count; r++)
        table_row(r, &below, &losses);
    printf("\n%zu rows, %zu below their floor, lode loses %zu.\n", row_count, below, losses);
    printf("Less is better; ratio = peer / lode; medians of interleaved rounds, caches warm. "
           "spread: how far the ratios of the two passes over all rows are apart.\n");
    for (size_t i = 0; i < note_count; i++)
        printf("%s\n", notes[i]);
}

void report_json(const char *path)
{
    FILE *out = fopen(path, "w");
    if (out == NULL)
        bench_die("%s: cannot write", path);
    fprintf(out, "[");
    for (const struct row *r = rows; r < rows + row_count; r++)
        fprintf(out,
                "%s\n  {\"row\": \"%s\", \"ours\": %.6g, \"peer\": %.6g, \"unit\": \"%s\", "
                "\"ratio\": %.6g, \"peer_name\": \"%s\", \"peer_version\": \"%s\"}",
                r == rows ? "" : ",", r->row, r->ours, r->peer, r->unit, r->peer / r->ours,
                r->peer_name, r->peer_version);
    fprintf(out, "\n]\n");
    if (fclose(out) != 0)
        bench_die("%s: cannot write", path);
}
