/* Owns the table of sub-commands and options. It holds no code. */
#include "commands.h"
#include "lode.h"

#define IN(id)       (1u << TOOL_##id)
#define FIELD(name)  offsetof(struct tool_options, name)
#define WITH_SOURCES (IN(GET) | IN(VERIFY) | IN(EXPORT) | IN(BENCH))
#define THREADED     (IN(INDEX) | IN(GET) | IN(VERIFY) | IN(COMPRESS) | IN(BENCH))

const struct tool_command tool_commands[TOOL_COMMANDS] = {
    [TOOL_INDEX] =
        {
            .name = "index",
            .synopsis = "INPUT... [-o OUT.lode]",
            .summary = "make an index of FASTA files, plain or BGZF",
            .about =
                "Indexes files, and directories recursively (.fa .fna .fasta .fas, also with .gz "
                "or\n"
                ".bgz). The index goes to FILE.lode for one file and to DIR/index.lode for one\n"
                "directory. An index that is already there is replaced in one step, and makes the\n"
                "work faster where files have not changed. Gzip that is not BGZF: lode compress.\n"
                "With --add the inputs become a file of their own beside OUT.lode, or beside the\n"
                "index that the last argument names: a .lode file, a directory that holds\n"
                "index.lode, or a FASTA file that has FASTA.lode beside it. Of that nothing is\n"
                "written anew; it is then a set of files, which stay together and answer as one\n"
                "index. Made without --add it is one file again, of the inputs given.\n",
            .examples = "lode index hg38.fa.gz\n"
                        "lode index genomes/\n"
                        "lode index a.fa.gz b.fa.gz -o both.lode\n"
                        "lode index --add c.fa.gz both.lode\n"
                        "lode index --add later.fa genomes/\n",
            .min_args = 1,
            .max_args = -1,
            .run = cmd_index,
        },
    [TOOL_GET] =
        {
            .name = "get",
            .synopsis = "INDEX REGION...",
            .summary = "print sequence, as samtools faidx does",
            .about =
                "INDEX is a .lode file, a directory that holds index.lode, or a FASTA file that "
                "has\n"
                "FASTA.lode beside it. REGION is [NAME::]CONTIG[:BEG[-END]], counted from 1, both\n"
                "ends included; NAME is needed only where several files hold the contig. {} around "
                "a\n"
                "name keeps its colons from being read. CONTIG may be SQ.DIGEST, its sha512t24u,\n"
                "in an index made with --digest. Records come out in the order: -r, "
                "REGION,\n"
                "-b. Unknown regions are reported, the others are printed, and the status is 3.\n"
                "After any status but 0 the output is incomplete.\n",
            .examples =
                "lode get hg38.fa.gz chr1:10,001-10,060\n"
                "lode get genomes/ ecoli::chr:1-60 yeast::I\n"
                "lode get hg38.fa.gz -r regions.txt -o out.fa\n"
                "lode get hg38.fa.gz -b genes.bed.gz -s\n"
                "lode get hg38.fa.gz -b exons.bed12 --split -s --bedtools=name -o rna.fa.gz\n"
                "lode get hla.fa.gz '{HLA-A*01:01:01}:1-60'\n",
            .min_args = 1,
            .max_args = -1,
            .threads = 1,
            .run = cmd_get,
        },
    [TOOL_LS] =
        {
            .name = "ls",
            .synopsis = "INDEX [NAME]",
            .summary = "list the files of an index, or the contigs of one",
            .about =
                "Without NAME: name, contigs, bases and path of each file. With NAME: name and\n"
                "length of each of its contigs. Columns are separated by tabs.\n",
            .examples = "lode ls genomes/\n"
                        "lode ls genomes/ ecoli --min-length 1000\n"
                        "lode ls hg38.fa.gz hg38 --json\n",
            .min_args = 1,
            .max_args = 2,
            .run = cmd_ls,
        },
    [TOOL_STAT] =
        {
            .name = "stat",
            .synopsis = "INDEX",
            .summary = "what is in an index: sizes, totals, composition",
            .about = "Reads the index alone, not the FASTA.\n",
            .examples = "lode stat hg38.fa.gz\n"
                        "lode stat genomes/ --json\n",
            .min_args = 1,
            .max_args = 1,
            .run = cmd_stat,
        },
    [TOOL_VERIFY] =
        {
            .name = "verify",
            .synopsis = "INDEX [--quick|--full]",
            .summary = "check an index, and the files it stands for",
            .about =
                "Checks every byte of the index, and size and fingerprint of each FASTA. Findings\n"
                "go to stderr with rule, place and contigs, the first 16 of each section and each\n"
                "FASTA; at the end how many there are of each kind. Status: 0 all well,\n"
                "1 a FASTA is damaged or missing, 4 the index is damaged, 5 a FASTA has changed\n"
                "since.\n",
            .examples = "lode verify hg38.fa.gz\n"
                        "lode verify genomes/ --full -@ 8\n",
            .min_args = 1,
            .max_args = 1,
            .run = cmd_verify,
        },
    [TOOL_COMPRESS] =
        {
            .name = "compress",
            .synopsis = "IN [-o OUT.gz [--index]]",
            .summary = "write BGZF, which can be indexed, from plain text or gzip",
            .about =
                "IN is plain, gzip or BGZF, told apart by content; '-' is stdin. Without -o the\n"
                "result goes to stdout, unless that is a terminal. Every layout is BGZF that\n"
                "samtools, bgzip and gzip read; lode index sees by itself which one it is.\n"
                "--index makes OUT.gz and the index that 'lode index OUT.gz' would, reading the\n"
                "text once; what cannot be indexed is then not written. --digest, --pack and\n"
                "--duplicates are for that index.\n",
            .examples = "lode compress hg38.fa -o hg38.fa.gz --index\n"
                        "curl -s URL | lode compress - -o genome.fa.gz\n"
                        "lode compress hg38.fa.gz --layout restart -o fast.fa.gz\n",
            .min_args = 1,
            .max_args = 1,
            .run = cmd_compress,
        },
    [TOOL_EXPORT] =
        {
            .name = "export",
            .synopsis = "INDEX WHAT [NAME]",
            .summary = "write what an index knows in the formats of other tools",
            .about = "NAME is the source; it may be left out where there is one. Only --dict and "
                     "--fasta\n"
                     "read the FASTA. As in samtools, empty contigs are not in a .fai.\n",
            .examples = "lode export hg38.fa.gz --fai -o hg38.fa.gz.fai\n"
                        "lode export hg38.fa.gz --mask -o rmsk.bed\n"
                        "lode export genomes/ --sizes ecoli\n",
            .min_args = 1,
            .max_args = 2,
            .run = cmd_export,
        },
    [TOOL_BENCH] =
        {
            .name = "bench",
            .synopsis = "INDEX",
            .summary = "measure what this machine gives on your own file",
            .about =
                "Times opening, lookups by name, random reads of three lengths and reading on "
                "from\n"
                "base to base, with one thread and with all, each with a reader of its own. Bases\n"
                "are checked as always. Random reads repeat, so they tell of a file in the page\n"
                "cache; MB is 1,000,000 bases.\n",
            .examples = "lode bench hg38.fa.gz\n"
                        "lode bench genomes/ --seconds 30 --json\n",
            .min_args = 1,
            .max_args = 1,
            .run = cmd_bench,
        },
    [TOOL_REC] =
        {
            .name = "rec",
            .synopsis = "ACTION STORE [ARGUMENT...]",
            .summary = "records of any length, by key or number",
            .about =
                "A store is one file, opened by any process without reading it; every record that\n"
                "comes out was checked. ACTION is one of\n"
                "\n"
                "  put STORE KEY [FILE]     a record, from FILE or stdin; the store is made if "
                "need be\n"
                "  get STORE KEY...         records to stdout, one behind the other\n"
                "  ls STORE                 keys (or numbers) and sizes\n"
                "  rm STORE KEY...          take records out\n"
                "  import STORE INPUT...    files of a directory, members of a tar, lines of "
                ".jsonl,\n"
                "                           reads of .fastq, else each INPUT as one record\n"
                "  export STORE [DIR]       every record as a file below DIR, or to stdout\n"
                "  train INPUT... -o DICT   a dictionary of zstd for records like these\n"
                "  compact STORE            write the store anew, as one file, without what was "
                "taken out\n"
                "  join OUT [NAME=]STORE... copy stores into one file; --store reads one of them\n"
                "\n"
                "put and import replace the record of a key that the store has; import tells how\n"
                "many there were. In one import that makes a store a key may come once.\n"
                "\n"
                "put, import and rm write the store anew, which takes as long as copying it. With\n"
                "--add they write what changes to a file beside it; that is then a set of files,\n"
                "which stay together and answer as one store, and to which they add from then on.\n"
                "\n"
                "A store is replaced in one step; those who have it open go on with what they "
                "have.\n"
                "One writer works at a time. lode stat and lode verify take stores, too.\n",
            .examples = "lode rec import mol.lode frames/\n"
                        "lode rec get mol.lode frame_0 > frame_0\n"
                        "lode rec train samples.jsonl -o s.dict\n"
                        "lode rec import s.lode samples.jsonl --key id --dict s.dict -l 19\n"
                        "lode rec ls s.lode --json\n"
                        "lode rec import f.lode frames/ --flatbuffers frame.bfbs\n",
            .min_args = 1,
            .max_args = -1,
            .run = cmd_rec,
        },
};

const struct tool_option tool_option_table[] = {
    {IN(INDEX), 'o', "output", "FILE", "write the index here", TOOL_STRING, FIELD(out), 0, 0},
    {IN(GET), 'o', "output", "FILE",
     "write here instead of to stdout; as BGZF if it ends in .gz, .bgz or .bgzf", TOOL_STRING,
     FIELD(out), 0, 0},
    {IN(EXPORT), 'o', "output", "FILE", "write here instead of to stdout", TOOL_STRING, FIELD(out),
     0, 0},
    {IN(COMPRESS), 'o', "output", "FILE", "write here; replaced in one step", TOOL_STRING,
     FIELD(out), 0, 0},

    {IN(INDEX), 0, "names", "FILE", "names for the files: lines of PATH, a tab, NAME", TOOL_STRING,
     FIELD(names), 0, 0},
    {IN(COMPRESS), 0, "index", NULL, "make the index of OUT.gz, OUT.gz.lode, in the same pass",
     TOOL_FLAG, FIELD(index), 1, 0},
    {IN(INDEX) | IN(COMPRESS), 0, "duplicates", "error|first",
     "two contigs of one name in a file: refuse it, or let the first answer [error]", TOOL_CHOICE,
     FIELD(duplicates_first), 0, 0},
    {IN(INDEX), 0, "lenient", NULL,
     "leave out files that cannot be indexed; status 1 if there were", TOOL_FLAG, FIELD(lenient), 1,
     0},
    {IN(INDEX) | IN(COMPRESS), 0, "digest", NULL, "store MD5 and GA4GH sha512t24u of every contig",
     TOOL_FLAG, FIELD(digest), 1, 0},
    {IN(INDEX) | IN(COMPRESS), 0, "pack", NULL,
     "store the bases too, two bits each: reads need no FASTA, and short ones of BGZF are 100 "
     "times "
     "faster",
     TOOL_FLAG, FIELD(pack), 1, 0},
    {IN(INDEX), 0, "track", "u8|i8|u16|i16|u32|i32|u64|i64|f16|bf16|f32|f64",
     "inputs are tracks: FILE.track.gz, numbers of this type, and FILE.track.gz.idx", TOOL_CHOICE,
     FIELD(track), 1, 0},
    {IN(INDEX), 0, "add", NULL, "add to the index or set OUT, without writing it anew", TOOL_FLAG,
     FIELD(add), 1, 0},
    {IN(INDEX), 0, "rescan", NULL, "read every file again, re-use nothing", TOOL_FLAG,
     FIELD(rescan), 1, 0},

    {IN(GET), 'r', "region-file", "FILE", "regions from a file, one per line; '-' is stdin",
     TOOL_STRING, FIELD(regions), 0, 0},
    {IN(GET), 'b', "bed", "FILE", "intervals from BED, plain or gzip; '-' is stdin", TOOL_STRING,
     FIELD(bed), 0, 0},
    {IN(GET), 'i', "reverse-complement", NULL, "reverse complement every record", TOOL_FLAG,
     FIELD(reverse), 1, 0},
    {IN(GET), 's', "stranded", NULL, "with -b: reverse complement where column 6 is '-'", TOOL_FLAG,
     FIELD(stranded), 1, 0},
    {IN(GET), 0, "split", NULL, "with -b: join the blocks of BED12 lines", TOOL_FLAG, FIELD(split),
     1, 0},
    {IN(GET), 0, "bedtools", "coords|name|name+|nameOnly",
     "with -b: print what bedtools getfasta prints: by default, with -name, -name+ or -nameOnly; "
     "intervals that leave the contig are left out with a warning",
     TOOL_MAYBE, FIELD(bedtools), TOOL_NAMING_COORDS, 0},
    {IN(GET), 0, "mark-strand", "TYPE",
     "append to names: rc = /rc on the reverse strand, no = nothing, sign = (+) or (-), "
     "custom,PLUS,MINUS [rc]",
     TOOL_STRAND, FIELD(mark_plus), 0, 0},
    {IN(GET), 'n', "length", "N", "bases per line, 0 = all on one line [60]", TOOL_NUMBER,
     FIELD(line_length), 0, INT64_MAX},
    {IN(GET), 0, "tab", NULL, "print NAME, a tab and the sequence on one line", TOOL_FLAG,
     FIELD(tab), 1, 0},
    {IN(GET), 0, "upper", NULL, "print upper case only", TOOL_FLAG, FIELD(upper), 1, 0},
    {IN(GET), 0, "pad", "CHAR", "fill what lies outside the contig with CHAR", TOOL_BYTE,
     FIELD(pad), 0, 0},
    {IN(GET), 0, "strict", NULL, "what lies outside the contig is an error, not cut off", TOOL_FLAG,
     FIELD(strict), 1, 0},
    {IN(GET), 'c', "continue", NULL, "accepted as in samtools; always so", TOOL_FLAG,
     FIELD(ignored), 1, 0},

    {IN(LS) | IN(STAT) | IN(VERIFY) | IN(BENCH) | IN(REC), 0, "json", NULL,
     "print JSON, one object per line", TOOL_FLAG, FIELD(json), 1, 0},
    {IN(LS), 0, "min-length", "N", "leave out what has fewer than N bases", TOOL_NUMBER,
     FIELD(min_length), 0, INT64_MAX},

    {IN(BENCH), 0, "seconds", "N", "take about this long [3]", TOOL_NUMBER, FIELD(seconds), 1,
     3600},

    {IN(VERIFY), 0, "quick", NULL, "only what opening checks, and the files' fingerprints",
     TOOL_FLAG, FIELD(verify_level), LODE_VERIFY_QUICK, LODE_VERIFY_INDEX},
    {IN(VERIFY), 0, "full", NULL, "every byte of the FASTA files too", TOOL_FLAG,
     FIELD(verify_level), LODE_VERIFY_FULL, LODE_VERIFY_INDEX},

    {IN(EXPORT), 0, "fai", NULL, "index of the FASTA, as samtools faidx makes it", TOOL_FLAG,
     FIELD(export), TOOL_EXPORT_FAI, 0},
    {IN(EXPORT), 0, "gzi", NULL, "index of the BGZF blocks, as bgzip -r makes it", TOOL_FLAG,
     FIELD(export), TOOL_EXPORT_GZI, 0},
    {IN(EXPORT), 0, "dict", NULL, "sequence dictionary with MD5s, as samtools dict makes it",
     TOOL_FLAG, FIELD(export), TOOL_EXPORT_DICT, 0},
    {IN(EXPORT), 0, "sizes", NULL, "names and lengths of the contigs", TOOL_FLAG, FIELD(export),
     TOOL_EXPORT_SIZES, 0},
    {IN(EXPORT), 0, "fasta", NULL, "the text of the FASTA, as it was indexed", TOOL_FLAG,
     FIELD(export), TOOL_EXPORT_FASTA, 0},
    {IN(EXPORT), 0, "gaps", NULL, "runs of N as BED", TOOL_FLAG, FIELD(export), TOOL_EXPORT_GAPS,
     0},
    {IN(EXPORT), 0, "mask", NULL, "soft-masked stretches as BED", TOOL_FLAG, FIELD(export),
     TOOL_EXPORT_MASK, 0},

    {IN(COMPRESS), 'l', "level", "N", "compression level, 0 to 12 [6]", TOOL_NUMBER, FIELD(level),
     0, 12},
    {IN(COMPRESS), 0, "layout", "ordinary|small|restart",
     "ordinary: the smallest file; small: blocks of 8192 bytes, for short reads; restart: no "
     "matches, one code, so that an index can start a read anywhere [ordinary]",
     TOOL_CHOICE, FIELD(layout), LODE_LAYOUT_ORDINARY, 0},
    {IN(COMPRESS), 0, "block-size", "N",
     "text bytes per block, 512 to 65280 [65280; 8192 with --layout small]", TOOL_NUMBER,
     FIELD(block_size), 512, 65280},

    {IN(REC), 'o', "output", "FILE", "get, train: write here", TOOL_STRING, FIELD(out), 0, 0},
    {IN(REC), 0, "codec", "raw|zstd|blocks",
     "a new store: records as they are, packed one by one, or several together [raw]", TOOL_CHOICE,
     FIELD(codec), LODE_STORE_RAW + 1, 0},
    {IN(REC), 'l', "level", "N", "a new store: level of zstd, -7 to 22 [3]", TOOL_NUMBER,
     FIELD(zstd_level), -7, 22},
    {IN(REC), 0, "dict", "FILE", "a new store: pack with this dictionary (--codec zstd)",
     TOOL_STRING, FIELD(dictionary), 0, 0},
    {IN(REC), 0, "shuffle", "N",
     "a new store: pack numbers of N bytes, 2, 4 or 8, byte plane by byte plane", TOOL_NUMBER,
     FIELD(shuffle), 0, 8},
    {IN(REC), 0, "block-size", "N", "a new store: bytes of a block [16384]", TOOL_NUMBER,
     FIELD(record_block), 0, 1 << 30},
    {IN(REC), 0, "dict-size", "N", "train: bytes of the dictionary, at most [112640]", TOOL_NUMBER,
     FIELD(dictionary_size), 256, 1 << 30},
    {IN(REC), 0, "key", "FIELD", "import: the field of a JSON line that is its key; else no keys",
     TOOL_STRING, FIELD(key_field), 0, 0},
    {IN(REC), 0, "flatbuffers", "SCHEMA",
     "put, import: records are FlatBuffers of this binary schema (flatc --binary --schema), and "
     "are "
     "checked; the store keeps it",
     TOOL_STRING, FIELD(flatbuffers), 0, 0},
    {IN(REC), 0, "no-keys", NULL, "put, import: a new store knows records by number alone",
     TOOL_FLAG, FIELD(no_keys), 1, 0},
    {IN(REC), 0, "add", NULL,
     "put, import, rm: write what changes to a file of its own beside the store, not the store "
     "anew",
     TOOL_FLAG, FIELD(add), 1, 0},
    {IN(REC), 0, "no-replace", NULL,
     "put, import: a key that the store has is an error, and nothing is written; else its record "
     "is replaced",
     TOOL_FLAG, FIELD(no_replace), 1, 0},
    {IN(REC), 0, "number", NULL, "get, rm: KEY is the number of a record, from 0", TOOL_FLAG,
     FIELD(number), 1, 0},
    {IN(REC), 0, "store", "NAME", "get, ls, export: of a file of several stores, this one",
     TOOL_STRING, FIELD(store), 0, 0},
    {IN(REC), 0, "lines", NULL, "export to stdout: a line end behind each record", TOOL_FLAG,
     FIELD(lines), 1, 0},

    {WITH_SOURCES, 0, "root", "DIR", "look for the FASTA files here, not beside the index",
     TOOL_STRING, FIELD(root), 0, 0},
    {WITH_SOURCES, 0, "allow-outside", NULL, "follow paths that leave the index's directory",
     TOOL_FLAG, FIELD(allow_outside), 1, 0},
    {THREADED & ~IN(GET), '@', "threads", "N", "threads in total, 0 = all usable [0]", TOOL_NUMBER,
     FIELD(threads), 0, 1024},
    {IN(GET), '@', "threads", "N", "threads in total, 0 = all usable [1]", TOOL_NUMBER,
     FIELD(threads), 0, 1024},
    {IN(INDEX) | IN(COMPRESS) | IN(VERIFY) | IN(REC), 'q', "quiet", NULL,
     "no summary and no progress; warnings stay", TOOL_FLAG, FIELD(quiet), 1, 0},
};

const size_t tool_option_count = sizeof tool_option_table / sizeof *tool_option_table;
