/* The load generator for bodies: load PORT PATH COUNT AT_ONCE SEND EXPECT
 *
 * Sends COUNT requests to 127.0.0.1:PORT, AT_ONCE at a time: POST with a chunked body of SEND bytes of the pattern in
 * pieces of 64 KiB, or GET where SEND is 0. Reads every answer to its end while it sends. Each must have a body of EXPECT
 * bytes of the pattern. Prints {"seconds": S}: from the first connection to the last answer. load --pattern SIZE writes the
 * pattern to standard output instead, for a file to be served.
 */
#include "http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TURN = 4 }; /* lots of chunks that one connection sends before the others have their turn */

struct connection {
    int socket;
    uint32_t waiting; /* for which events */
    size_t head_sent, head_received;
    char head[HEAD_SPACE + 1];
    bool answered; /* its head is here */
    struct body body;
    struct chunk chunks[CHUNKS]; /* `filled` of them are being sent */
    int filled;
    uint64_t taken, received; /* of the body: how much of it was put into chunks, and how much came back */
    bool last_taken;
    bool all_sent;
};

static int port, epoll;
static long count, started, done;
static uint64_t to_send, expected;
static char request[1024];
static size_t request_length;
static char space[RUN];

static void listen_for(struct connection *c, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, operation, c->socket, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
    c->waiting = events;
}

/* Make the next chunks of the body, the last of which is empty: false when there are no more. */
static bool fill(struct connection *c) {
    c->filled = 0;
    while (c->filled < CHUNKS && !c->last_taken) {
        uint64_t left = to_send - c->taken;
        size_t size = left < PIECE ? left : PIECE;
        make_chunk(&c->chunks[c->filled++], pattern_at(c->taken), size);
        c->taken += size;
        c->last_taken = size == 0;
    }
    return c->filled > 0;
}

static void begin(struct connection *c) {
    started++;
    c->head_sent = c->head_received = 0;
    c->answered = c->all_sent = false;
    c->taken = c->received = 0;
    c->last_taken = to_send == 0;
    fill(c);
}

static void connect_to_server(struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address) < 0)
        fail("cannot connect: %s", strerror(errno));
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(c->socket, F_SETFL, O_NONBLOCK);
    begin(c);
    listen_for(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
}

/* True when the request is out. */
static bool send_on(struct connection *c) {
    if (c->head_sent < request_length) {
        ssize_t written = send(c->socket, request + c->head_sent, request_length - c->head_sent, MSG_NOSIGNAL);
        if (written < 0 && errno == EAGAIN) return false;
        if (written < 0) fail("cannot send: %s", strerror(errno));
        c->head_sent += (size_t)written;
        if (c->head_sent < request_length) return false;
    }
    for (int lot = 0; lot < TURN; lot++) {
        if (!send_chunks(c->socket, c->chunks, c->filled)) {
            if (errno != EAGAIN) fail("cannot send a chunk: %s", strerror(errno));
            return false;
        }
        if (!fill(c)) return true;
    }
    return false;
}

static void take_body(struct connection *c, const char *in, size_t length) {
    while (length > 0) {
        const char *data = NULL;
        size_t size;
        size_t used = body_next(&c->body, in, length, &data, &size);
        if (size > 0 && memcmp(data, pattern_at(c->received), size) != 0)
            fail("wrong bytes in an answer, between %lu and %lu", c->received, c->received + size);
        c->received += size;
        in += used;
        length -= used;
        if (c->body.state == BODY_DONE && length > 0) fail("%zu bytes behind an answer", length);
    }
}

static void take_head(struct connection *c) {
    ssize_t length = recv(c->socket, c->head + c->head_received, HEAD_SPACE - c->head_received, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) fail("the connection ended before an answer: %s", length ? strerror(errno) : "end of stream");
    c->head_received += (size_t)length;
    c->head[c->head_received] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end && c->head_received == HEAD_SPACE) fail("the head of an answer is too long");
    if (!end) return;
    char *behind = end + 4;
    char first = *behind;
    *behind = 0;
    if (strncmp(c->head, "HTTP/1.1 200 ", 13) != 0) fail("an answer that is not 200: %.60s", c->head);
    c->answered = true;
    c->body = body_behind(c->head, TO_THE_END);
    *behind = first;
    take_body(c, behind, c->head_received - (size_t)(behind - c->head));
    *behind = 0;
}

/* True when the answer is complete. */
static bool receive_on(struct connection *c) {
    if (!c->answered) {
        take_head(c);
        return c->answered && c->body.state == BODY_DONE;
    }
    ssize_t length = recv(c->socket, space, sizeof space, 0);
    if (length < 0 && errno == EAGAIN) return false;
    if (length < 0) fail("cannot receive: %s", strerror(errno));
    if (length == 0 && c->body.state != TO_THE_END) fail("the answer ended after %lu bytes", c->received);
    if (length == 0) c->body.state = BODY_DONE;
    take_body(c, space, (size_t)length);
    return c->body.state == BODY_DONE;
}

static void complete(struct connection *c) {
    if (c->received != expected) fail("an answer of %lu bytes, and not %lu", c->received, expected);
    if (!c->all_sent) fail("an answer was complete before its request was");
    done++;
    bool last = header_is(c->head, "connection:", "close") || started >= count;
    if (!last) {
        begin(c);
        listen_for(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
        return;
    }
    close(c->socket);
    if (started < count) connect_to_server(c);
}

static void serve(struct connection *c, uint32_t events) {
    if (!c->all_sent && (events & EPOLLOUT)) c->all_sent = send_on(c);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && receive_on(c)) {
        complete(c);
        return;
    }
    if (c->all_sent && (c->waiting & EPOLLOUT)) listen_for(c, EPOLLIN, EPOLL_CTL_MOD);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void write_pattern(uint64_t size) {
    for (uint64_t offset = 0; offset < size;) {
        uint64_t left = size - offset;
        size_t written = fwrite(pattern_at(offset), 1, left < RUN ? left : RUN, stdout);
        if (written == 0) fail("cannot write: %s", strerror(errno));
        offset += written;
    }
    if (fflush(stdout) != 0) fail("cannot write: %s", strerror(errno));
}

int main(int argc, char **argv) {
    make_pattern();
    if (argc == 3 && strcmp(argv[1], "--pattern") == 0) {
        write_pattern(strtoull(argv[2], NULL, 10));
        return 0;
    }
    if (argc != 7) fail("usage: load PORT PATH COUNT AT_ONCE SEND EXPECT");
    port = atoi(argv[1]);
    count = atol(argv[3]);
    long at_once = atol(argv[4]);
    to_send = strtoull(argv[5], NULL, 10);
    expected = strtoull(argv[6], NULL, 10);
    if (count < 1 || at_once < 1 || at_once > count) fail("COUNT and AT_ONCE must be at least 1, and AT_ONCE no more than COUNT");
    request_length = (size_t)snprintf(
        request, sizeof request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", to_send ? "POST" : "GET", argv[2], port,
        to_send ? "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n" : "");
    if (request_length >= sizeof request) fail("PATH is too long");
    struct connection *connections = calloc((size_t)at_once, sizeof *connections);
    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(0);
    if (!connections || epoll < 0) fail("cannot begin: %s", strerror(errno));
    double begun = now();
    for (long i = 0; i < at_once; i++) connect_to_server(&connections[i]);
    while (done < count) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < ready; i++) serve(events[i].data.ptr, events[i].events);
    }
    printf("{\"seconds\": %.6f}\n", now() - begun);
    return 0;
}
