#include "textin.h"

#include "bgzf.h"
#include "diag.h"
#include "foreign.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    INPUT_BUFFER = 256 << 10,
    POLL_MS = 100, /* how late a cancel is seen while a pipe gives nothing */
};

static bool cancelled(const int *cancel)
{
    return cancel != NULL && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}

/* Waits for bytes or the end, so that a silent pipe does not keep a cancel from being seen. */
static bool wait_readable(const struct lode_textin *in)
{
    struct pollfd p = {.fd = in->fd, .events = POLLIN};
    while (!cancelled(in->cancel)) {
        const int ready = poll(&p, 1, POLL_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true; /* also on errors: read names them */
    }
    return false;
}

/* Adds what one read gives to the buffer's end; *end when there is no more. */
static int fill(struct lode_textin *in, bool *end, struct lode_diag *diag)
{
    ssize_t got;
    do {
        if (!wait_readable(in))
            return lode_diag_set(diag, LODE_E_CANCELLED, "%s: cancelled", in->name);
        got = read(in->fd, in->buf + in->have, INPUT_BUFFER - in->have);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return lode_diag_errno(diag, "%s: cannot read", in->name);
    *end = got == 0;
    in->have += (size_t)got;
    in->taken += (uint64_t)got;
    return LODE_OK;
}

static int refill(struct lode_textin *in, bool *end, struct lode_diag *diag)
{
    *end = false;
    if (in->at < in->have)
        return LODE_OK;
    in->at = in->have = 0;
    return fill(in, end, diag);
}

int lode_textin_open(struct lode_textin *in, int fd, const char *name, const int *cancel,
                     struct lode_diag *diag)
{
    *in = (struct lode_textin){.fd = fd, .name = name, .cancel = cancel};
    const int gzip_only = 15 + 16;
    in->buf = malloc(INPUT_BUFFER);
    if (in->buf == NULL || inflateInit2(&in->z, gzip_only) != Z_OK)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", in->name);
    bool end = false;
    int status = LODE_OK;
    /* Gzip, plain or foreign? The first bytes tell, which a pipe may deliver one by one. */
    while (status == LODE_OK && in->have < LODE_FOREIGN_SPAN && !end)
        status = fill(in, &end, diag);
    in->gzip = lode_is_gzip(in->buf, in->have);
    const char *how = NULL, *what = lode_foreign(in->buf, in->have, &how);
    if (status == LODE_OK && what != NULL && how != NULL)
        return lode_diag_set(
            diag, LODE_E_FOREIGN,
            "%s: %s is not supported; decompress it first: %s FILE | lode compress "
            "- -o OUT.gz",
            in->name, what, how);
    return status;
}

void lode_textin_close(struct lode_textin *in)
{
    inflateEnd(&in->z);
    free(in->buf);
    free(in->ahead);
}

static int bad_gzip(const struct lode_textin *in, uint64_t off, const char *what,
                    struct lode_diag *diag)
{
    lode_diag_set(diag, LODE_E_FORMAT, "%s: %s at offset %llu", in->name, what,
                  (unsigned long long)off);
    if (diag != NULL)
        diag->offset = off;
    return LODE_E_FORMAT;
}

/* Inflates buffered bytes of the current member into dst[*got, n). */
static int inflate_some(struct lode_textin *in, uint8_t *dst, size_t n, size_t *got,
                        struct lode_diag *diag)
{
    z_stream *const z = &in->z;
    z->next_in = in->buf + in->at;
    z->avail_in = (uInt)(in->have - in->at);
    z->next_out = dst + *got;
    z->avail_out = (uInt)(n - *got);
    const int result = inflate(z, Z_NO_FLUSH);
    in->at = in->have - z->avail_in;
    *got = n - z->avail_out;
    if (result == Z_STREAM_END)
        in->in_member = false;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
        return LODE_OK;
    if (result == Z_MEM_ERROR)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", in->name);
    if (z->total_in <= 2 && in->member_off > 0) /* not even the magic */
        return bad_gzip(in, in->member_off, "garbage after the gzip data", diag);
    return bad_gzip(in, in->taken - z->avail_in, "damaged gzip data", diag);
}

/* The next step towards dst[0, n): bytes copied or inflated, or the end noticed. */
static int text_step(struct lode_textin *in, uint8_t *dst, size_t n, size_t *got, bool *end,
                     struct lode_diag *diag)
{
    const int status = refill(in, end, diag);
    if (status != LODE_OK)
        return status;
    if (*end && in->in_member)
        return bad_gzip(in, in->taken, "gzip data is cut short", diag);
    if (*end)
        return LODE_OK;
    if (in->gzip) {
        if (!in->in_member) {
            inflateReset(&in->z);
            in->in_member = true;
            in->member_off = in->taken - (in->have - in->at);
        }
        return inflate_some(in, dst, n, got, diag);
    }
    const size_t part = in->have - in->at < n - *got ? in->have - in->at : n - *got;
    memcpy(dst + *got, in->buf + in->at, part);
    in->at += part;
    *got += part;
    return LODE_OK;
}

/* Text that was looked at before. */
static size_t take_ahead(struct lode_textin *in, uint8_t *dst, size_t n)
{
    const size_t left = in->ahead_len - in->ahead_at, part = left < n ? left : n;
    if (in->ahead == NULL)
        return 0;
    memcpy(dst, in->ahead + in->ahead_at, part);
    in->ahead_at += part;
    if (part == left) {
        free(in->ahead);
        in->ahead = NULL;
    }
    return part;
}

int lode_textin_look(struct lode_textin *in, size_t n, struct lode_diag *diag)
{
    uint8_t *const ahead = malloc(n);
    if (ahead == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", in->name);
    const int status = lode_textin_read(in, ahead, n, &in->ahead_len, diag);
    in->ahead = ahead;
    return status;
}

int lode_textin_read(struct lode_textin *in, uint8_t *dst, size_t n, size_t *got,
                     struct lode_diag *diag)
{
    bool end = false;
    int status = LODE_OK;
    *got = take_ahead(in, dst, n);
    while (status == LODE_OK && *got < n && !end)
        status = text_step(in, dst, n, got, &end, diag);
    return status;
}
