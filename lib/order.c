/* Owns orders of numbers: keyed permutations of 0 to n - 1 that are computed place by place. */
#include "lode.h"

#include "diag.h"
#include "random.h"
#include "structs.h"

#include <stdbool.h>

enum {
    SMALL = 256, /* fewer numbers are shuffled: too few bits for a Feistel network to mix */
    ROUNDS = 8,
    STRETCHES = 1, /* streams of random numbers */
    NUMBERS = 2,
};

/* A permutation of 0 to n - 1. Larger ones are a Feistel network over the next power of two, whose
 * halves may differ by a bit, repeated until it leads back below n: less than twice on average. */
struct permutation {
    uint64_t key, n;
    unsigned low, high; /* bits of the halves */
    uint64_t rounds[ROUNDS];
    uint16_t table[SMALL]; /* of a small one */
};

static void shuffle(struct permutation *p)
{
    for (uint64_t i = 0; i < p->n; i++) {
        const uint64_t k = lode_random_below(lode_random_at(p->key, i), i + 1);
        p->table[i] = p->table[k];
        p->table[k] = (uint16_t)i;
    }
}

static void permutation_init(struct permutation *p, uint64_t key, uint64_t n)
{
    unsigned bits = 0;
    p->key = key;
    p->n = n;
    while (n > 1ull << bits)
        bits++;
    p->low = bits / 2;
    p->high = bits - p->low;
    if (n <= SMALL)
        shuffle(p);
    else
        for (uint64_t r = 0; r < ROUNDS; r++)
            p->rounds[r] = lode_random_key(key, r);
}

static uint64_t lowest(uint64_t v, unsigned bits)
{
    return v & ((1ull << bits) - 1);
}

/* Even rounds change the high half by the low one, odd rounds the other way: each undoes itself.
 * Keys of rounds are mixed: next to each other, they would make one function of all rounds,
 * shifted, and a network of those has far too many numbers that stay where they are. */
static void turn(const struct permutation *p, int round, uint64_t *high, uint64_t *low)
{
    const uint64_t key = p->rounds[round];
    if (round % 2 == 0)
        *high ^= lowest(lode_random_at(key, *low), p->high);
    else
        *low ^= lowest(lode_random_at(key, *high), p->low);
}

static uint64_t network(const struct permutation *p, uint64_t v, bool back)
{
    uint64_t high = v >> p->low, low = lowest(v, p->low);
    for (int r = 0; r < ROUNDS; r++)
        turn(p, back ? ROUNDS - 1 - r : r, &high, &low);
    return high << p->low | low;
}

/* Where i goes; back: what goes to i. */
static uint64_t permuted(const struct permutation *p, uint64_t i, bool back)
{
    if (p->n <= SMALL && !back)
        return p->table[i];
    if (p->n <= SMALL) {
        uint64_t k = 0;
        while (p->table[k] != i)
            k++;
        return k;
    }
    do
        i = network(p, i, back);
    while (i >= p->n);
    return i;
}

/* ---- stretches ------------------------------------------------------------------------------- */

/* Stretches in a random order, `window` of them a group. One may be short: the last of the numbers.
 */
struct mixed {
    uint64_t key, n, stretch, window, stretches;
    uint64_t short_at, lacks; /* its place among the stretches, and how many numbers it lacks */
    struct permutation of_stretches, of_group;
    uint64_t group, slots; /* that of_group is for, and its stretches */
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void mixed_init(struct mixed *m, const struct lode_order *o, uint64_t key)
{
    m->key = lode_random_key(key, NUMBERS);
    m->n = (uint64_t)o->n;
    m->stretch = least((uint64_t)o->stretch, m->n);
    m->stretches = (m->n + m->stretch - 1) / m->stretch;
    m->window = least((uint64_t)o->window, m->stretches);
    permutation_init(&m->of_stretches, lode_random_key(key, STRETCHES), m->stretches);
    m->short_at = permuted(&m->of_stretches, m->stretches - 1, true);
    m->lacks = m->stretches * m->stretch - m->n;
    m->group = UINT64_MAX;
}

static uint64_t group_slots(const struct mixed *m, uint64_t group)
{
    return least(m->window, m->stretches - group * m->window);
}

static void enter_group(struct mixed *m, uint64_t group)
{
    if (m->group == group)
        return;
    m->group = group;
    m->slots = group_slots(m, group);
    permutation_init(&m->of_group, lode_random_key(m->key, group),
                     m->slots * m->stretch - (group == m->short_at / m->window ? m->lacks : 0));
}

/* The group of a position; *i becomes the position in it. */
static uint64_t group_of(const struct mixed *m, uint64_t *i)
{
    const uint64_t whole = m->window * m->stretch, odd = m->short_at / m->window;
    const uint64_t odd_size = group_slots(m, odd) * m->stretch - m->lacks;
    uint64_t group = *i / whole;
    if (group < odd) {
        *i %= whole;
        return group;
    }
    *i -= odd * whole;
    if (*i < odd_size)
        return odd;
    *i -= odd_size;
    group = odd + 1 + *i / whole;
    *i %= whole;
    return group;
}

static uint64_t mixed_at(struct mixed *m, uint64_t i)
{
    const uint64_t group = group_of(m, &i), odd = m->short_at - group * m->window;
    enter_group(m, group);
    const uint64_t q = permuted(&m->of_group, i, false);
    uint64_t slot = q / m->stretch;
    if (odd < m->slots) /* the short one changes places with the last, so that only the end lacks */
        slot = slot == m->slots - 1 ? odd : slot == odd ? m->slots - 1 : slot;
    return permuted(&m->of_stretches, group * m->window + slot, false) * m->stretch +
           q % m->stretch;
}

/* ---- calls ----------------------------------------------------------------------------------- */

int lode_order_numbers(const struct lode_order *order, int64_t first, int64_t count,
                       int64_t *numbers)
{
    struct lode_order o = {0};
    if (order == NULL || !lode_struct_in(&o, sizeof o, order) || o.n < 0 || o.stretch < 0 ||
        o.window < 1 || (count > 0 && numbers == NULL))
        return LODE_E_ARG;
    if (first < 0 || count < 0 || first > o.n || count > o.n - first)
        return LODE_E_RANGE;
    const uint64_t key = lode_random_key(o.seed, o.epoch);
    if (o.stretch == 0) {
        struct permutation p;
        permutation_init(&p, lode_random_key(key, NUMBERS), (uint64_t)o.n);
        for (int64_t i = 0; i < count; i++)
            numbers[i] = (int64_t)permuted(&p, (uint64_t)(first + i), false);
        return LODE_OK;
    }
    struct mixed m;
    if (o.n > 0)
        mixed_init(&m, &o, key);
    for (int64_t i = 0; i < count; i++)
        numbers[i] = (int64_t)mixed_at(&m, (uint64_t)(first + i));
    return LODE_OK;
}
