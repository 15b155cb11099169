/* Owns lode.7, the manual page of what all commands share. */
#include "render.h"
#include "render_roff.h"

static const struct roff_item concepts[] = {
    {ROFF_SECTION, NULL, "NAME"},
    {ROFF_TEXT, NULL, "lode - indexes of FASTA: concepts, regions, exit status, files"},
    {ROFF_SECTION, NULL, "DESCRIPTION"},
    {ROFF_TERM, "source", "One FASTA file, plain or BGZF. It is never changed."},
    {ROFF_TERM, "contig", "The sequence of one record of a source. An empty one counts."},
    {ROFF_TERM, "NAME",
     "What a source is called: its path, seen from the index, without .gz or .bgz and the\n"
     "ending of FASTA; lode index --names gives others."},
    {ROFF_TERM, "index",
     "One file for one source or for many thousands. It is mapped, not read: opening takes the\n"
     "same time whatever its size, and all processes share one copy in memory. It is not\n"
     "changed by reading, and replaced in one step by lode index."},
    {ROFF_TERM, "proof",
     "Each read checks a sum of every 4,096 bytes of text that it used, or the CRC-32 of a\n"
     "whole BGZF block. What comes back is the sequence that was indexed, or an error."},
    {ROFF_SECTION, NULL, "THE INDEX ARGUMENT"},
    {ROFF_TEXT, NULL, "INDEX on the command line is one of"},
    {ROFF_TERM, "FILE.lode", "an index;"},
    {ROFF_TERM, "DIR", "a directory that holds index.lode;"},
    {ROFF_TERM, "FILE", "a FASTA file that has FILE.lode beside it."},
    {ROFF_TEXT, NULL,
     "Sources are looked for at their paths seen from the directory of the index, so that both\n"
     "can move together. --root looks in another directory. A path that leaves the directory of\n"
     "an index which somebody else wrote is followed with --allow-outside alone."},
    {ROFF_SECTION, NULL, "REGIONS"},
    {ROFF_EXAMPLE, NULL, "[NAME::]CONTIG[:BEG[-END]]"},
    {ROFF_TEXT, NULL, "BEG and END count from 1, and both ends are included, as in samtools."},
    {ROFF_TERM, "chr1", "the whole contig"},
    {ROFF_TERM, "chr1:10,001-10,060", "60 bases; commas may stand in numbers"},
    {ROFF_TERM, "chr1:100", "from base 100 to the end, as chr1:100-"},
    {ROFF_TERM, "chr1:-100", "the first 100 bases"},
    {ROFF_TERM, "chr1:1m-1.5m", "k, m and g stand for 10^3, 10^6 and 10^9"},
    {ROFF_TERM, "bacteria/ecoli::chr", "the contig chr of the source bacteria/ecoli"},
    {ROFF_TERM, "{HLA-A*01:01:01}:1-60", "what stands in braces is a name, colons and all"},
    {ROFF_TEXT, NULL,
     "NAME is needed only where several sources hold the contig. A region with two readings is an\n"
     "error that names both. A range that leaves the contig is cut, with a warning; --strict\n"
     "makes it an error and --pad fills it."},
    {ROFF_TEXT, NULL, "Intervals of BED files count from 0 and leave out their end."},
};

static const struct roff_item statuses[] = {
    {ROFF_SECTION, NULL, "EXIT STATUS"},
    {ROFF_TEXT, NULL, "Of several failures the highest number is the status."},
    {ROFF_TERM, "0", "All is well."},
    {ROFF_TERM, "1",
     "Input or output failed, or the data are wrong: a FASTA that is missing or damaged, a\n"
     "file that is no FASTA, a range that --strict refuses."},
    {ROFF_TERM, "2",
     "The command line or a region is wrong, or a contig stands in several sources. Also: a\n"
     "kind of file that lode does not read."},
    {ROFF_TERM, "3", "No such contig or source. The other regions were printed."},
    {ROFF_TERM, "4", "The index is damaged, or is none. Make it again with lode index."},
    {ROFF_TERM, "5",
     "A FASTA is not the one that was indexed: run lode index again. Or the index was written by\n"
     "a newer lode: upgrade."},
};

static const struct roff_item surroundings[] = {
    {ROFF_SECTION, NULL, "ENVIRONMENT"},
    {ROFF_TEXT, NULL,
     "lode reads no variables of its own. With POSIXLY_CORRECT, options end at the first\n"
     "argument that is none."},
    {ROFF_SECTION, NULL, "FILES"},
    {ROFF_TERM, "FILE.lode", "the index of one FASTA file"},
    {ROFF_TERM, "DIR/index.lode", "the index of all FASTA files under a directory"},
    {ROFF_TERM, ".FILE.lode.PID.RANDOM.tmp",
     "an index that is being written. The next lode index of the same file removes what a dead\n"
     "process has left."},
    {ROFF_SECTION, NULL, "WHEN A FASTA CHANGES"},
    {ROFF_TEXT, NULL,
     "A FASTA that was touched, moved together with its index, or replaced by the same bytes\n"
     "goes on answering. One that was truncated, appended to, edited, replaced or compressed\n"
     "anew gives status 5 or 1 in the reads that the change concerns, and never other bases.\n"
     "lode verify --full looks at every byte; lode index makes the index again, and re-uses what\n"
     "did not change."},
};

#define ITEMS(table) table, sizeof table / sizeof *table

void render_man_concepts(FILE *out)
{
    roff_title("lode", 7, out);
    roff_items(ITEMS(concepts), out);
    roff_items(ITEMS(statuses), out);
    roff_items(ITEMS(surroundings), out);
    fputs(".SH SEE ALSO\n\\fBlode\\fR(1),\n", out);
    for (int i = 0; i < TOOL_COMMANDS; i++)
        fprintf(out, "\\fBlode\\-%s\\fR(1),\n", tool_commands[i].name);
    fputs("\\fBlode\\fR(5),\n\\fBsamtools\\-faidx\\fR(1)\n", out);
}
