/* What the generator and the responder share: the pattern that bodies are made of, and reading of heads and bodies. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/uio.h>

/* A body is this pattern over and over. Its period is a prime, so that no size of buffer goes along with it and every
 * byte that is lost, doubled or moved is noticed. Any place in the first period has RUN bytes behind it. */
enum { PERIOD = 65521, RUN = 262144, PIECE = 65536, HEAD_SPACE = 16384 };
static char pattern[PERIOD + RUN];

static inline void make_pattern(void) {
    uint32_t state = 2463534242u;
    for (int i = 0; i < PERIOD; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        pattern[i] = (char)(state >> 24);
    }
    for (int i = 0; i < RUN; i++) pattern[PERIOD + i] = pattern[i];
}

static inline const char *pattern_at(uint64_t offset) { return pattern + offset % PERIOD; }

static inline void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* A body that is being read. For one in chunks, `left` is what is left of the chunk. */
enum body_state { BY_LENGTH, TO_THE_END, CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END, TRAILER, BODY_DONE };

struct body {
    enum body_state state;
    uint64_t left;
    bool line_empty; /* of the trailer: nothing but CR since its last LF */
};

static inline int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static inline void after_chunk_size(struct body *body) {
    body->state = body->left ? CHUNK_DATA : TRAILER;
    body->line_empty = true;
}

/* Read on in `length` bytes: returns how many were used. What of them is body is at *data, *size bytes of it. */
static inline size_t body_next(struct body *body, const char *in, size_t length, const char **data, size_t *size) {
    size_t used = 0;
    *size = 0;
    while (used < length && body->state != BODY_DONE) {
        char c = in[used];
        switch (body->state) {
        case BY_LENGTH:
        case CHUNK_DATA:
        case TO_THE_END:
            *data = in + used;
            *size = length - used;
            if (body->state == TO_THE_END) return length;
            if (*size > body->left) *size = body->left;
            body->left -= *size;
            if (body->left == 0) body->state = body->state == BY_LENGTH ? BODY_DONE : CHUNK_END;
            return used + *size;
        case CHUNK_SIZE:
            used++;
            if (hex_value(c) >= 0) body->left = body->left * 16 + (uint64_t)hex_value(c);
            else if (c == '\n') after_chunk_size(body);
            else if (c != '\r') body->state = CHUNK_EXTENSION;
            break;
        case CHUNK_EXTENSION:
            used++;
            if (c == '\n') after_chunk_size(body);
            break;
        case CHUNK_END:
            used++;
            if (c == '\n') body->state = CHUNK_SIZE;
            else if (c != '\r') fail("a chunk does not end where its size says");
            break;
        case TRAILER:
            used++;
            if (c == '\n' && body->line_empty) body->state = BODY_DONE;
            else if (c == '\n') body->line_empty = true;
            else if (c != '\r') body->line_empty = false;
            break;
        case BODY_DONE:
            break;
        }
    }
    return used;
}

/* The value of a header in a head that ends with a zero, or NULL. `name` is with its colon. */
static inline const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) == 0) return line + 2 + length + strspn(line + 2 + length, " \t");
    }
    return NULL;
}

static inline bool header_is(const char *head, const char *name, const char *value) {
    const char *found = header(head, name);
    return found && strncasecmp(found, value, strlen(value)) == 0;
}

/* How the body behind a head is framed; `otherwise` is for a head that does not say. */
static inline struct body body_behind(const char *head, enum body_state otherwise) {
    const char *length = header(head, "content-length:");
    if (header_is(head, "transfer-encoding:", "chunked")) return (struct body){.state = CHUNK_SIZE};
    if (!length) return (struct body){.state = otherwise};
    uint64_t left = strtoull(length, NULL, 10);
    return (struct body){.state = left ? BY_LENGTH : BODY_DONE, .left = left};
}

/* One chunk on its way out: its size line, its data and its CRLF; the last chunk of a body is one without data. */
struct chunk {
    char line[16];
    size_t line_length, size, sent;
    const char *data;
};

static inline void make_chunk(struct chunk *chunk, const char *data, size_t size) {
    chunk->line_length = (size_t)snprintf(chunk->line, sizeof chunk->line, "%zx\r\n", size);
    chunk->data = data;
    chunk->size = size;
    chunk->sent = 0;
}

static inline size_t chunk_length(const struct chunk *chunk) { return chunk->line_length + chunk->size + 2; }

/* Send what is left of some chunks: true when all of it is gone, false when errno says why not. Several go out in one call:
 * a chunk by itself is a little more than what a packet of the loopback takes, and would cost two of them. */
enum { CHUNKS = 8 };

static inline bool send_chunks(int socket, struct chunk *chunks, int count) {
    for (;;) {
        struct iovec parts[3 * CHUNKS];
        int used = 0;
        for (struct chunk *chunk = chunks; chunk < chunks + count; chunk++) {
            struct iovec all[3] = {{chunk->line, chunk->line_length}, {(void *)chunk->data, chunk->size}, {"\r\n", 2}};
            size_t skip = chunk->sent;
            for (int i = 0; i < 3; i++) {
                size_t skipped = skip < all[i].iov_len ? skip : all[i].iov_len;
                skip -= skipped;
                if (skipped == all[i].iov_len) continue;
                parts[used++] = (struct iovec){(char *)all[i].iov_base + skipped, all[i].iov_len - skipped};
            }
        }
        if (used == 0) return true;
        ssize_t written = writev(socket, parts, used);
        if (written < 0) return false;
        for (struct chunk *chunk = chunks; written > 0; chunk++) {
            size_t left = chunk_length(chunk) - chunk->sent;
            size_t gone = (size_t)written < left ? (size_t)written : left;
            chunk->sent += gone;
            written -= (ssize_t)gone;
        }
    }
}

#endif
