#include "report.h"

#include "bench.h"
#include "lode.h"

#include <htslib/hts.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { ROWS_MAX = 64, NOTES_MAX = 32 };

static struct row {
    char row[48], unit[16], peer_name[48], peer_version[48];
    double ours, peer;
} rows[ROWS_MAX];
static size_t row_count;
static char notes[NOTES_MAX][256];
static size_t note_count;

void report_values(const char *row, double ours, double peer, const char *unit,
                   const char *peer_name, const char *peer_version)
{
    if (row_count == ROWS_MAX)
        bench_die("too many rows");
    struct row *r = &rows[row_count++];
    r->ours = ours;
    r->peer = peer;
    snprintf(r->row, sizeof r->row, "%s", row);
    snprintf(r->unit, sizeof r->unit, "%s", unit);
    snprintf(r->peer_name, sizeof r->peer_name, "%s", peer_name);
    snprintf(r->peer_version, sizeof r->peer_version, "%s", peer_version);
    fprintf(stderr, "  %-20s %12.4g %12.4g %-5s %9.2fx\n", row, ours, peer, unit, peer / ours);
}

void report_pair(const char *row, struct measure_pair *pair, double scale, const char *unit,
                 const char *peer_name, const char *peer_version)
{
    report_values(row, scale * measure_median(pair->ours, pair->rounds),
                  scale * measure_median(pair->peer, pair->rounds), unit, peer_name, peer_version);
}

void report_note(const char *format, ...)
{
    va_list args;
    if (note_count == NOTES_MAX)
        return;
    va_start(args, format);
    vsnprintf(notes[note_count++], sizeof notes[0], format, args);
    va_end(args);
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

void report_table(void)
{
    printf("\n%-22s %12s %12s %-5s %10s  %s\n", "row", "lode", "peer", "unit", "ratio", "peer");
    for (const struct row *r = rows; r < rows + row_count; r++)
        printf("%-22s %12.4g %12.4g %-5s %9.2fx  %s %s%s\n", r->row, r->ours, r->peer, r->unit,
               r->peer / r->ours, r->peer_name, r->peer_version,
               r->ours > r->peer ? "  (lode loses)" : "");
    printf("\nLess is better; ratio = peer / lode; medians of interleaved rounds, caches warm.\n");
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
