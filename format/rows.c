#include "rows.h"

void lode_source_decode(const uint8_t *p, struct lode_source_row *row)
{
    row->path_off = lode_get64(p + LODE_SRCE_PATH_OFF);
    row->path_len = lode_get32(p + LODE_SRCE_PATH_LEN);
    row->name_len = lode_get32(p + LODE_SRCE_NAME_LEN);
    row->file_size = lode_get64(p + LODE_SRCE_FILE_SIZE);
    row->fingerprint = lode_get64(p + LODE_SRCE_FINGERPRINT);
    row->text_len = lode_get64(p + LODE_SRCE_TEXT_LEN);
    row->text_crc = lode_get32(p + LODE_SRCE_TEXT_CRC);
    row->kind = lode_get16(p + LODE_SRCE_KIND);
    row->flags = lode_get16(p + LODE_SRCE_FLAGS);
    row->begin.contig = lode_get64(p + LODE_SRCE_CONTIG);
    row->begin.block = lode_get64(p + LODE_SRCE_BLOCK);
    row->begin.sum = lode_get64(p + LODE_SRCE_SUM);
    row->begin.slot = lode_get64(p + LODE_SRCE_SLOT);
    row->begin.name = lode_get64(p + LODE_SRCE_NAME);
    row->begin.desc = lode_get64(p + LODE_SRCE_DESC);
    row->begin.base = lode_get64(p + LODE_SRCE_BASE);
    row->begin.bin = lode_get64(p + LODE_SRCE_BIN);
    row->begin.toggle = lode_get64(p + LODE_SRCE_TOGGLE);
    row->begin.run = lode_get64(p + LODE_SRCE_RUN);
}

void lode_source_encode(uint8_t *p, const struct lode_source_row *row)
{
    lode_put64(p + LODE_SRCE_PATH_OFF, row->path_off);
    lode_put32(p + LODE_SRCE_PATH_LEN, row->path_len);
    lode_put32(p + LODE_SRCE_NAME_LEN, row->name_len);
    lode_put64(p + LODE_SRCE_FILE_SIZE, row->file_size);
    lode_put64(p + LODE_SRCE_FINGERPRINT, row->fingerprint);
    lode_put64(p + LODE_SRCE_TEXT_LEN, row->text_len);
    lode_put32(p + LODE_SRCE_TEXT_CRC, row->text_crc);
    lode_put16(p + LODE_SRCE_KIND, row->kind);
    lode_put16(p + LODE_SRCE_FLAGS, row->flags);
    lode_put64(p + LODE_SRCE_CONTIG, row->begin.contig);
    lode_put64(p + LODE_SRCE_BLOCK, row->begin.block);
    lode_put64(p + LODE_SRCE_SUM, row->begin.sum);
    lode_put64(p + LODE_SRCE_SLOT, row->begin.slot);
    lode_put64(p + LODE_SRCE_NAME, row->begin.name);
    lode_put64(p + LODE_SRCE_DESC, row->begin.desc);
    lode_put64(p + LODE_SRCE_BASE, row->begin.base);
    lode_put64(p + LODE_SRCE_BIN, row->begin.bin);
    lode_put64(p + LODE_SRCE_TOGGLE, row->begin.toggle);
    lode_put64(p + LODE_SRCE_RUN, row->begin.run);
}

void lode_contig_decode(const uint8_t *p, struct lode_contig_row *row)
{
    row->text_off = lode_get64(p + LODE_CTIG_TEXT_OFF);
    row->length = lode_get64(p + LODE_CTIG_LENGTH);
    row->line_bases = lode_get64(p + LODE_CTIG_LINE_BASES);
    row->base_off = lode_get64(p + LODE_CTIG_BASE_OFF);
    row->name_off = lode_get64(p + LODE_CTIG_NAME_OFF);
    row->name_len = lode_get32(p + LODE_CTIG_NAME_LEN);
    row->defline_len = lode_get32(p + LODE_CTIG_DEFLINE_LEN);
    row->source = lode_get32(p + LODE_CTIG_SOURCE);
    row->flags = lode_get16(p + LODE_CTIG_FLAGS);
    row->encoding = p[LODE_CTIG_ENCODING];
    row->lead = p[LODE_CTIG_LEAD];
    row->desc_off = lode_get64(p + LODE_CTIG_DESC_OFF);
}

void lode_contig_encode(uint8_t *p, const struct lode_contig_row *row)
{
    lode_put64(p + LODE_CTIG_TEXT_OFF, row->text_off);
    lode_put64(p + LODE_CTIG_LENGTH, row->length);
    lode_put64(p + LODE_CTIG_LINE_BASES, row->line_bases);
    lode_put64(p + LODE_CTIG_BASE_OFF, row->base_off);
    lode_put64(p + LODE_CTIG_NAME_OFF, row->name_off);
    lode_put32(p + LODE_CTIG_NAME_LEN, row->name_len);
    lode_put32(p + LODE_CTIG_DEFLINE_LEN, row->defline_len);
    lode_put32(p + LODE_CTIG_SOURCE, row->source);
    lode_put16(p + LODE_CTIG_FLAGS, row->flags);
    p[LODE_CTIG_ENCODING] = row->encoding;
    p[LODE_CTIG_LEAD] = row->lead;
    lode_put64(p + LODE_CTIG_DESC_OFF, row->desc_off);
}

void lode_bin_decode(const uint8_t *p, struct lode_bin_row *row)
{
    const uint64_t word = lode_get64(p + LODE_BINS_TOGGLE);
    row->toggle = word & LODE_U48_MASK;
    row->lower = (word & LODE_BIN_LOWER) != 0;
    row->run = lode_get64(p + LODE_BINS_RUN);
    row->n = lode_get32(p + LODE_BINS_N);
    row->gc = lode_get32(p + LODE_BINS_GC);
    row->lower_count = lode_get32(p + LODE_BINS_LOWER);
    row->other = lode_get32(p + LODE_BINS_OTHER);
}

void lode_bin_encode(uint8_t *p, const struct lode_bin_row *row)
{
    lode_put64(p + LODE_BINS_TOGGLE, row->toggle | (row->lower ? LODE_BIN_LOWER : 0));
    lode_put64(p + LODE_BINS_RUN, row->run);
    lode_put32(p + LODE_BINS_N, row->n);
    lode_put32(p + LODE_BINS_GC, row->gc);
    lode_put32(p + LODE_BINS_LOWER, row->lower_count);
    lode_put32(p + LODE_BINS_OTHER, row->other);
}

void lode_run_decode(const uint8_t *p, struct lode_run_row *row)
{
    row->start = lode_get64(p + LODE_EXCP_START) & LODE_U48_MASK;
    row->byte = p[LODE_EXCP_BYTE];
    row->length = lode_get64(p + LODE_EXCP_LENGTH);
}

void lode_run_encode(uint8_t *p, const struct lode_run_row *row)
{
    lode_put64(p + LODE_EXCP_START, row->start | (uint64_t)row->byte << 48);
    lode_put64(p + LODE_EXCP_LENGTH, row->length);
}

void lode_gap_decode(const uint8_t *p, struct lode_gap_row *row)
{
    row->source = lode_get32(p + LODE_GAPS_SOURCE);
    row->length = lode_get32(p + LODE_GAPS_LENGTH);
    row->text_off = lode_get64(p + LODE_GAPS_TEXT_OFF);
    row->desc_off = lode_get64(p + LODE_GAPS_DESC_OFF);
}

void lode_gap_encode(uint8_t *p, const struct lode_gap_row *row)
{
    lode_put32(p + LODE_GAPS_SOURCE, row->source);
    lode_put32(p + LODE_GAPS_LENGTH, row->length);
    lode_put64(p + LODE_GAPS_TEXT_OFF, row->text_off);
    lode_put64(p + LODE_GAPS_DESC_OFF, row->desc_off);
}
