/* The responder: what stands behind a proxy or before a client, and what shows how much the load can do.
 *
 * respond listens on a free port of 127.0.0.1, prints it, and answers until it is ended, keeping connections alive:
 * /echo sends a request's body back in chunks while it comes; GET /bytes/N sends N bytes of the pattern; any other request
 * with a body is read to its end and answered with the number of its bytes; the rest gets "Hello, World!".
 */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum doing { HEAD, BODY, BYTES };

struct connection {
    int socket;
    bool blocked;      /* what is to be sent waits for the kernel; nothing is read meanwhile */
    bool closing;      /* after this answer */
    enum doing doing;
    bool echo;
    struct body body;
    uint64_t counted;  /* bytes of the body, or bytes of the pattern sent */
    uint64_t wanted;   /* of the pattern */
    struct chunk chunks[CHUNKS]; /* `filled` of them are to be sent */
    int filled;
    char answer[256];
    size_t answer_length, answer_sent;
    size_t from, to;   /* what of `in` is not used yet */
    char in[RUN + 1];
};

static int epoll;

static void gone(struct connection *c) {
    close(c->socket);
    free(c);
}

static void wait_for(struct connection *c, bool room) {
    if (c->blocked == room) return;
    struct epoll_event event = {.events = room ? EPOLLOUT : EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_MOD, c->socket, &event);
    c->blocked = room;
}

static void answer(struct connection *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    c->answer_length = (size_t)vsnprintf(c->answer, sizeof c->answer, format, arguments);
    c->answer_sent = 0;
    va_end(arguments);
}

static void answer_text(struct connection *c, const char *text) {
    answer(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", strlen(text), text);
    c->doing = HEAD;
}

static void body_read(struct connection *c) {
    char text[32];
    if (c->echo) {
        make_chunk(&c->chunks[c->filled++], "", 0);
        c->doing = HEAD;
        return;
    }
    snprintf(text, sizeof text, "%lu", c->counted);
    answer_text(c, text);
}

static void head_read(struct connection *c, const char *head) {
    const char *path = strchr(head, ' ');
    if (!path) path = " /";
    c->closing = header_is(head, "connection:", "close");
    c->body = body_behind(head, BODY_DONE);
    c->counted = 0;
    c->doing = BODY;
    c->echo = strncmp(path, " /echo ", 7) == 0;
    if (c->echo) {
        answer(c, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    } else if (strncmp(path, " /bytes/", 8) == 0) {
        c->wanted = strtoull(path + 8, NULL, 10);
        answer(c, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %lu\r\n\r\n", c->wanted);
        c->doing = BYTES;
        return;
    } else if (c->body.state == BODY_DONE) {
        answer_text(c, "Hello, World!");
        return;
    }
    if (header_is(head, "expect:", "100-continue")) fail("no client of the bench should expect 100");
    if (c->body.state == BODY_DONE) body_read(c);
}

/* Send what is to be sent before anything more is read: false when it waits, or the connection is broken. */
static bool flush(struct connection *c) {
    while (c->answer_sent < c->answer_length) {
        ssize_t n = send(c->socket, c->answer + c->answer_sent, c->answer_length - c->answer_sent, MSG_NOSIGNAL);
        if (n < 0) return false;
        c->answer_sent += (size_t)n;
    }
    if (!send_chunks(c->socket, c->chunks, c->filled)) return false;
    c->filled = 0;
    while (c->doing == BYTES) {
        uint64_t left = c->wanted - c->counted;
        if (left == 0) {
            c->doing = HEAD;
            break;
        }
        ssize_t n = send(c->socket, pattern_at(c->counted), left < RUN ? left : RUN, MSG_NOSIGNAL);
        if (n < 0) return false;
        c->counted += (uint64_t)n;
    }
    return true;
}

/* Use what has been read: false when there is nothing to do before more of it is here. */
static bool advance(struct connection *c) {
    char *in = c->in + c->from;
    size_t length = c->to - c->from;
    if (c->doing == HEAD) {
        c->in[c->to] = 0;
        char *end = length ? strstr(in, "\r\n\r\n") : NULL;
        if (!end) return false;
        end[2] = 0;
        c->from += (size_t)(end + 4 - in);
        head_read(c, in);
        return true;
    }
    if (length == 0) return false;
    while (c->from < c->to && c->body.state != BODY_DONE && c->filled < CHUNKS - 1) {
        const char *data = NULL;
        size_t size;
        c->from += body_next(&c->body, c->in + c->from, c->to - c->from, &data, &size);
        c->counted += size;
        if (size > 0 && c->echo) make_chunk(&c->chunks[c->filled++], data, size);
    }
    if (c->body.state == BODY_DONE) body_read(c);
    return true;
}

static void serve(struct connection *c) {
    for (;;) {
        if (!flush(c)) {
            if (errno != EAGAIN) gone(c);
            else wait_for(c, true);
            return;
        }
        if (c->doing == HEAD && c->closing) {
            gone(c);
            return;
        }
        if (advance(c)) continue;
        if (c->from > 0) memmove(c->in, c->in + c->from, c->to - c->from);
        c->to -= c->from;
        c->from = 0;
        wait_for(c, false);
        ssize_t n = recv(c->socket, c->in + c->to, RUN - c->to, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            gone(c);
            return;
        }
        c->to += (size_t)n;
    }
}

static void take_connection(int listener) {
    int yes = 1;
    struct connection *c = malloc(sizeof *c); /* not zeroed: the input space is touched only where it is used */
    if (!c) fail("out of memory");
    memset(c, 0, offsetof(struct connection, in));
    c->socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (c->socket < 0) {
        free(c);
        return;
    }
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->socket, &event);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    make_pattern();
    signal(SIGPIPE, SIG_IGN);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0)
        fail("cannot listen: %s", strerror(errno));
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr) serve(events[i].data.ptr);
            else take_connection(listener);
        }
    }
}
