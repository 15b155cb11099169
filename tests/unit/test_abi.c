/* What programs that were compiled against an older lode.h rely on: sizes and offsets of every
 * public struct (x86-64), values of every constant. Of a released version no pin may change but the
 * size of a struct that has a struct_size and grew at its end; any other change breaks those
 * programs: raise SOVERSION in lib/CMakeLists.txt. */
#include "support.h"

#include <regex.h>

struct pin {
    const char *name;
    long long found, pinned;
};

static void hold(const struct pin *pins, size_t n)
{
    size_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        if (pins[i].found != pins[i].pinned) {
            print_error("%s is %lld, pinned at %lld\n", pins[i].name, pins[i].found,
                        pins[i].pinned);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

/* ---- structs -------------------------------------------------------------------------------- */

#define SIZE(type, size)        "sizeof " #type, sizeof(struct type), size
#define AT(type, field, offset) #type "." #field, offsetof(struct type, field), offset

static const struct pin layouts[] = {
    {SIZE(lode_diag, 1056)},
    {AT(lode_diag, status, 0)},
    {AT(lode_diag, sys_errno, 4)},
    {AT(lode_diag, rule, 8)},
    {AT(lode_diag, section, 16)},
    {AT(lode_diag, offset, 24)},
    {AT(lode_diag, message, 32)},

    {SIZE(lode_open_options, 32)},
    {AT(lode_open_options, struct_size, 0)},
    {AT(lode_open_options, map_mode, 8)},
    {AT(lode_open_options, source_policy, 12)},
    {AT(lode_open_options, source_root, 16)},
    {AT(lode_open_options, content_id, 24)},

    {SIZE(lode_info, 72)},
    {AT(lode_info, struct_size, 0)},
    {AT(lode_info, content_id, 8)},
    {AT(lode_info, file_size, 16)},
    {AT(lode_info, sources, 24)},
    {AT(lode_info, contigs, 32)},
    {AT(lode_info, format_major, 40)},
    {AT(lode_info, format_minor, 44)},
    {AT(lode_info, sections, 48)},
    {AT(lode_info, packed_size, 56)},
    {AT(lode_info, members, 64)},

    {SIZE(lode_source_info, 96)},
    {AT(lode_source_info, struct_size, 0)},
    {AT(lode_source_info, first_contig, 8)},
    {AT(lode_source_info, contigs, 16)},
    {AT(lode_source_info, blocks, 24)},
    {AT(lode_source_info, bases, 32)},
    {AT(lode_source_info, file_size, 40)},
    {AT(lode_source_info, text_size, 48)},
    {AT(lode_source_info, text_crc, 56)},
    {AT(lode_source_info, kind, 60)},
    {AT(lode_source_info, no_eof_marker, 64)},
    {AT(lode_source_info, fingerprint, 72)},
    {AT(lode_source_info, restart, 80)},
    {AT(lode_source_info, small, 84)},
    {AT(lode_source_info, track, 88)},

    {SIZE(lode_contig, 64)},
    {AT(lode_contig, id, 0)},
    {AT(lode_contig, length, 8)},
    {AT(lode_contig, source, 16)},
    {AT(lode_contig, text_off, 24)},
    {AT(lode_contig, line_bases, 32)},
    {AT(lode_contig, base_off, 40)},
    {AT(lode_contig, content_id, 48)},
    {AT(lode_contig, flags, 56)},
    {AT(lode_contig, encoding, 58)},
    {AT(lode_contig, track, 59)},
    {AT(lode_contig, reserved, 60)},

    {SIZE(lode_reader_options, 16)},
    {AT(lode_reader_options, struct_size, 0)},
    {AT(lode_reader_options, max_open, 8)},

    {SIZE(lode_encoding, 48)},
    {AT(lode_encoding, struct_size, 0)},
    {AT(lode_encoding, kind, 8)},
    {AT(lode_encoding, dtype, 12)},
    {AT(lode_encoding, table, 16)},
    {AT(lode_encoding, channels, 24)},
    {AT(lode_encoding, position_stride, 32)},
    {AT(lode_encoding, channel_stride, 40)},

    {SIZE(lode_request, 96)},
    {AT(lode_request, contig, 0)},
    {AT(lode_request, begin, 8)},
    {AT(lode_request, end, 16)},
    {AT(lode_request, dst, 24)},
    {AT(lode_request, dst_size, 32)},
    {AT(lode_request, flags, 40)},
    {AT(lode_request, status, 44)},
    {AT(lode_request, written, 48)},
    {AT(lode_request, left_pad, 56)},
    {AT(lode_request, right_pad, 64)},
    {AT(lode_request, mask, 72)},
    {AT(lode_request, reserved, 80)},

    {SIZE(lode_batch, 64)},
    {AT(lode_batch, struct_size, 0)},
    {AT(lode_batch, threads, 8)},
    {AT(lode_batch, bounds, 12)},
    {AT(lode_batch, pad, 16)},
    {AT(lode_batch, encoding, 24)},
    {AT(lode_batch, cancel, 32)},
    {AT(lode_batch, run, 40)},
    {AT(lode_batch, run_ctx, 48)},
    {AT(lode_batch, n_seed, 56)},

    {SIZE(lode_composition, 40)},
    {AT(lode_composition, bases, 0)},
    {AT(lode_composition, n, 8)},
    {AT(lode_composition, gc, 16)},
    {AT(lode_composition, lower, 24)},
    {AT(lode_composition, other, 32)},

    {SIZE(lode_interval, 16)},
    {AT(lode_interval, begin, 0)},
    {AT(lode_interval, end, 8)},

    {SIZE(lode_draw, 56)},
    {AT(lode_draw, struct_size, 0)},
    {AT(lode_draw, length, 8)},
    {AT(lode_draw, max_n, 16)},
    {AT(lode_draw, source, 24)},
    {AT(lode_draw, contigs, 32)},
    {AT(lode_draw, contig_count, 40)},
    {AT(lode_draw, seed, 48)},

    {SIZE(lode_record, 64)},
    {AT(lode_record, struct_size, 0)},
    {AT(lode_record, text_begin, 8)},
    {AT(lode_record, text_bases, 16)},
    {AT(lode_record, text_end, 24)},
    {AT(lode_record, line_bases, 32)},
    {AT(lode_record, line_width, 40)},
    {AT(lode_record, header_eol, 48)},
    {AT(lode_record, lines_eol, 52)},
    {AT(lode_record, last_eol, 56)},
    {AT(lode_record, duplicate, 60)},

    {SIZE(lode_digest, 66)},
    {AT(lode_digest, md5, 0)},
    {AT(lode_digest, sha512t24u, 33)},

    {SIZE(lode_seqcol, 176)},
    {AT(lode_seqcol, struct_size, 0)},
    {AT(lode_seqcol, digest, 8)},
    {AT(lode_seqcol, names, 41)},
    {AT(lode_seqcol, lengths, 74)},
    {AT(lode_seqcol, sequences, 107)},
    {AT(lode_seqcol, sorted_name_length_pairs, 140)},

    {SIZE(lode_verify_options, 48)},
    {AT(lode_verify_options, struct_size, 0)},
    {AT(lode_verify_options, level, 8)},
    {AT(lode_verify_options, threads, 12)},
    {AT(lode_verify_options, finding, 16)},
    {AT(lode_verify_options, ctx, 24)},
    {AT(lode_verify_options, progress, 32)},
    {AT(lode_verify_options, more, 40)},

    {SIZE(lode_build_options, 96)},
    {AT(lode_build_options, struct_size, 0)},
    {AT(lode_build_options, out, 8)},
    {AT(lode_build_options, threads, 16)},
    {AT(lode_build_options, duplicates_first, 20)},
    {AT(lode_build_options, lenient, 24)},
    {AT(lode_build_options, rescan, 28)},
    {AT(lode_build_options, digest, 32)},
    {AT(lode_build_options, names_file, 40)},
    {AT(lode_build_options, message, 48)},
    {AT(lode_build_options, progress, 56)},
    {AT(lode_build_options, ctx, 64)},
    {AT(lode_build_options, cancel, 72)},
    {AT(lode_build_options, pack, 80)},
    {AT(lode_build_options, track, 84)},
    {AT(lode_build_options, add, 88)},

    {SIZE(lode_build_result, 4160)},
    {AT(lode_build_result, struct_size, 0)},
    {AT(lode_build_result, sources, 8)},
    {AT(lode_build_result, contigs, 16)},
    {AT(lode_build_result, bases, 24)},
    {AT(lode_build_result, text_bytes, 32)},
    {AT(lode_build_result, reused, 40)},
    {AT(lode_build_result, skipped, 48)},
    {AT(lode_build_result, content_id, 56)},
    {AT(lode_build_result, path, 64)},

    {SIZE(lode_compress_options, 88)},
    {AT(lode_compress_options, struct_size, 0)},
    {AT(lode_compress_options, level, 8)},
    {AT(lode_compress_options, block_size, 12)},
    {AT(lode_compress_options, threads, 16)},
    {AT(lode_compress_options, progress, 24)},
    {AT(lode_compress_options, ctx, 32)},
    {AT(lode_compress_options, cancel, 40)},
    {AT(lode_compress_options, layout, 48)},
    {AT(lode_compress_options, index, 52)},
    {AT(lode_compress_options, duplicates_first, 56)},
    {AT(lode_compress_options, digest, 60)},
    {AT(lode_compress_options, pack, 64)},
    {AT(lode_compress_options, message, 72)},
    {AT(lode_compress_options, result, 80)},

#include "abi_records.h"
};

static void test_structs(void **state)
{
    (void)state;
#if defined(__x86_64__) && defined(__LP64__)
    hold(layouts, COUNT_OF(layouts));
#else
    (void)layouts;
    skip();
#endif
}

/* ---- constants ------------------------------------------------------------------------------ */

#define IS(name, value) #name, name, value

static const struct pin statuses[] = {
    {IS(LODE_OK, 0)},           {IS(LODE_CLIPPED, 1)},        {IS(LODE_PADDED, 2)},
    {IS(LODE_E_ARG, -1)},       {IS(LODE_E_RANGE, -2)},       {IS(LODE_E_NOT_FOUND, -3)},
    {IS(LODE_E_AMBIGUOUS, -4)}, {IS(LODE_E_SPACE, -5)},       {IS(LODE_E_GRAMMAR, -6)},
    {IS(LODE_E_CANCELLED, -7)}, {IS(LODE_E_UNSUPPORTED, -8)}, {IS(LODE_E_IO, -10)},
    {IS(LODE_E_NOMEM, -11)},    {IS(LODE_E_MISSING, -12)},    {IS(LODE_E_REFUSED, -13)},
    {IS(LODE_E_BUSY, -14)},     {IS(LODE_E_NOT_LODE, -20)},   {IS(LODE_E_VERSION, -21)},
    {IS(LODE_E_FEATURE, -22)},  {IS(LODE_E_TRUNCATED, -30)},  {IS(LODE_E_HEADER_SUM, -31)},
    {IS(LODE_E_LAYOUT, -32)},   {IS(LODE_E_CORRUPT, -33)},    {IS(LODE_E_PAGE_SUM, -34)},
    {IS(LODE_E_STALE, -40)},    {IS(LODE_E_DAMAGED, -41)},    {IS(LODE_E_FORMAT, -50)},
    {IS(LODE_E_NOT_BGZF, -51)}, {IS(LODE_E_DUPLICATE, -52)},  {IS(LODE_E_FOREIGN, -53)},
    {IS(LODE_E_SKIPPED, -54)},
};

static const struct pin constants[] = {
    {IS(LODE_MAP_SHARED, 0)},
    {IS(LODE_MAP_COPY, 1)},
    {IS(LODE_MAP_GUARDED, 2)},

    {IS(LODE_SOURCES_BENEATH, 0)},
    {IS(LODE_SOURCES_OWNER, 1)},
    {IS(LODE_SOURCES_ANYWHERE, 2)},

    {IS(LODE_BOUNDS_ERROR, 0)},
    {IS(LODE_BOUNDS_CLIP, 1)},
    {IS(LODE_BOUNDS_PAD, 2)},

    {IS(LODE_ENCODE_BYTES, 0)},
    {IS(LODE_ENCODE_TABLE, 1)},
    {IS(LODE_ENCODE_ONEHOT, 2)},

    {IS(LODE_TRACK_NONE, 0)},
    {IS(LODE_TRACK_U8, 1)},
    {IS(LODE_TRACK_I8, 2)},
    {IS(LODE_TRACK_U16, 3)},
    {IS(LODE_TRACK_I16, 4)},
    {IS(LODE_TRACK_U32, 5)},
    {IS(LODE_TRACK_I32, 6)},
    {IS(LODE_TRACK_U64, 7)},
    {IS(LODE_TRACK_I64, 8)},
    {IS(LODE_TRACK_F16, 9)},
    {IS(LODE_TRACK_BF16, 10)},
    {IS(LODE_TRACK_F32, 11)},
    {IS(LODE_TRACK_F64, 12)},
    {IS(LODE_U8, 0)},
    {IS(LODE_I8, 1)},
    {IS(LODE_I32, 2)},
    {IS(LODE_I64, 3)},
    {IS(LODE_F16, 4)},
    {IS(LODE_BF16, 5)},
    {IS(LODE_F32, 6)},

    {IS(LODE_FEATURE_N, 0)},
    {IS(LODE_FEATURE_LOWER, 1)},

    {IS(LODE_VERIFY_QUICK, 0)},
    {IS(LODE_VERIFY_INDEX, 1)},
    {IS(LODE_VERIFY_FULL, 2)},

    {IS(LODE_NOTE, 0)},
    {IS(LODE_WARNING, 1)},
    {IS(LODE_ERROR, 2)},

    {IS(LODE_REVERSE_COMPLEMENT, 1)},
    {IS(LODE_UPPER, 2)},
};

static void test_constants(void **state)
{
    (void)state;
    hold(statuses, COUNT_OF(statuses));
    hold(constants, COUNT_OF(constants));
}

/* The pins name every status that the library knows, by its name. */
static void test_statuses_are_all_pinned(void **state)
{
    (void)state;
    size_t known = 0;
    for (int status = -1000; status <= 1000; status++)
        known += strcmp(lode_status_name(status), "LODE_E_UNKNOWN") != 0;
    assert_int_equal(known, COUNT_OF(statuses));
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        assert_string_equal(lode_status_name((int)statuses[i].pinned), statuses[i].name);
        assert_true(strlen(lode_status_text((int)statuses[i].pinned)) > 0);
    }
}

/* ---- about ---------------------------------------------------------------------------------- */

static void test_version(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", LODE_VERSION_MAJOR, LODE_VERSION_MINOR,
             LODE_VERSION_PATCH);
    assert_string_equal(version, LODE_VERSION_STRING);
    assert_string_equal(version, lode_version());
}

/* WHAT=LIBRARY-VERSION, separated by single blanks. */
static void test_features(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "^inflate=(isa-l|zlib)-[0-9]+(\\.[0-9]+)+ ",
        " deflate=(libdeflate|zlib)-[0-9]+(\\.[0-9]+)+ ",
        " hash=xxhash-[0-9]+(\\.[0-9]+)+( |$)",
        "^([a-z0-9]+=[a-z-]+-[0-9]+(\\.[0-9]+)+( |$))+$",
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        regex_t regex;
        assert_int_equal(regcomp(&regex, wanted[i], REG_EXTENDED | REG_NOSUB), 0);
        int found = regexec(&regex, lode_features(), 0, NULL, 0);
        regfree(&regex);
        if (found != 0)
            fail_msg("'%s' does not match %s", lode_features(), wanted[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structs),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_statuses_are_all_pinned),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
