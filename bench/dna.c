#include "dna.h"

static const char letters[4] = {'A', 'C', 'G', 'T'};

/* How often a letter follows another, of 256: human chromosomes, CpG rare. */
static const unsigned follows[4][4] = {
    {85, 44, 61, 66},
    {92, 65, 12, 87},
    {74, 53, 65, 64},
    {57, 51, 63, 85},
};

/* Which family a repeat belongs to (of 256), its length, and how far copies have drifted. Weights
 * and ages after Alu, L1 and the rest of a mammal's: set so that bgzip's ratio is that of real DNA.
 */
static const struct {
    unsigned weight, length, divergence;
} families[DNA_FAMILIES] = {
    {45, 300, 28},  {22, 300, 38},  {18, 300, 45}, {12, 6000, 26},
    {12, 6000, 38}, {10, 3000, 51}, {8, 500, 38},  {8, 1200, 51},
};

static unsigned next_byte(struct dna *dna)
{
    if (dna->bits_left == 0) {
        dna->bits = genome_random(&dna->rng);
        dna->bits_left = 8;
    }
    const unsigned byte = dna->bits & 255;
    dna->bits >>= 8;
    dna->bits_left--;
    return byte;
}

static char next_letter(struct dna *dna)
{
    dna->last = dna->next[dna->last][next_byte(dna)];
    return letters[dna->last];
}

static char complement(char base)
{
    return base == 'A' ? 'T' : base == 'C' ? 'G' : base == 'G' ? 'C' : 'A';
}

void dna_start(struct dna *dna, uint64_t seed)
{
    *dna = (struct dna){.rng = {seed}, .element = true};
    for (unsigned a = 0; a < 4; a++)
        for (unsigned b = 0, i = 0; b < 4; b++)
            for (unsigned k = 0; k < follows[a][b] && i < 256; k++)
                dna->next[a][i++] = (uint8_t)b;
    for (unsigned f = 0; f < DNA_FAMILIES; f++)
        for (unsigned i = 0; i < families[f].length; i++)
            dna->family[f][i] = next_letter(dna);
}

/* A copy of part of a family, or one short unit again and again. */
static void start_copy(struct dna *dna, unsigned f)
{
    dna->source = dna->family[f];
    dna->source_len = families[f].length;
    dna->divergence = families[f].divergence;
    dna->reverse = next_byte(dna) < 128;
    /* short families stand whole more often than not */
    dna->source_at = dna->source_len > 500 ? genome_below(&dna->rng, dna->source_len) : 0;
}

static void start_satellite(struct dna *dna)
{
    dna->source_len = 1 + genome_below(&dna->rng, 5);
    for (unsigned i = 0; i < dna->source_len; i++)
        dna->unit[i] = next_letter(dna);
    dna->source = dna->unit;
    dna->source_at = 0;
    dna->reverse = false;
    dna->divergence = 10;
    dna->left = 15 + genome_below(&dna->rng, 50);
}

/* Repeats and what lies between them take turns. The eldest repeats are like nothing else any more.
 */
static void start_stretch(struct dna *dna)
{
    dna->element = !dna->element;
    dna->source = NULL;
    dna->left = 1 + genome_below(&dna->rng, 2 * DNA_ELEMENT_MEAN);
    if (!dna->element)
        return;
    unsigned kind = next_byte(dna);
    for (unsigned f = 0; f < DNA_FAMILIES; f++) {
        if (kind < families[f].weight) {
            start_copy(dna, f);
            return;
        }
        kind -= families[f].weight;
    }
    if (kind < 16)
        start_satellite(dna);
}

static char copy_letter(struct dna *dna)
{
    const uint64_t at = dna->reverse ? dna->source_len - 1 - dna->source_at : dna->source_at;
    const char base = dna->source[at];
    if (++dna->source_at == dna->source_len)
        dna->source_at = 0;
    if (next_byte(dna) < dna->divergence)
        return next_letter(dna);
    return dna->reverse ? complement(base) : base;
}

void dna_fill(struct dna *dna, char *bases, size_t n)
{
    for (size_t at = 0; at < n;) {
        if (dna->left == 0)
            start_stretch(dna);
        const size_t step = dna->left < n - at ? (size_t)dna->left : n - at;
        const char fold = dna->element ? 0x20 : 0;
        for (size_t i = at; i < at + step; i++)
            bases[i] = (char)((dna->source != NULL ? copy_letter(dna) : next_letter(dna)) | fold);
        at += step;
        dna->left -= step;
    }
}
