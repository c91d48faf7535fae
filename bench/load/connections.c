/* Many connections to one server: connections PORT
 *
 * Does what it is told on standard input, a line at a time:
 *   open N       opens connections to 127.0.0.1:PORT until there are N, each of which has had a request answered;
 *   send MS A    sends requests for MS milliseconds on all connections in turn, at most A at a time.
 * It answers each line with {"requests": R, "seconds": S}, and ends at the end of the input. Every answer must be 200, and
 * tell where it ends.
 */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPENING_AT_ONCE = 64, ANSWER = 1024, WAIT_MS = 20000 };

struct connection {
    int socket;
    bool asked; /* and not answered yet */
    size_t received;
    char in[ANSWER + 1];
};

static int port, epoll;
static struct connection *connections; /* room for as many as there are descriptors; touched where they are used */
static long room, opened, turn, waiting, answered;
static char request[128];
static size_t request_length;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void ask(struct connection *c) {
    c->asked = true;
    c->received = 0;
    waiting++;
    if (send(c->socket, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
        fail("cannot send: %s", strerror(errno));
}

static void open_one(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int yes = 1;
    if (opened == room) fail("more connections than descriptors (ulimit -n)");
    struct connection *c = &connections[opened++];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address) < 0)
        fail("cannot open connection %ld: %s", opened, strerror(errno));
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->socket, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
    ask(c);
}

/* Whether an answer is complete, which is asked of all that is here of it. */
static bool is_whole(char *in, size_t length) {
    char *end = strstr(in, "\r\n\r\n");
    const char *data;
    size_t size;
    if (!end) return false;
    end[2] = 0;
    struct body body = body_behind(in, TO_THE_END);
    end[2] = '\r';
    if (body.state == TO_THE_END) fail("an answer that does not tell where it ends: %s", in);
    for (size_t at = (size_t)(end + 4 - in); at < length;) {
        if (body.state == BODY_DONE) fail("more than an answer: %s", in);
        at += body_next(&body, in + at, length - at, &data, &size);
    }
    return body.state == BODY_DONE;
}

static void receive(struct connection *c) {
    ssize_t length = recv(c->socket, c->in + c->received, ANSWER - c->received, 0);
    if (length <= 0) fail("a connection ended: %s", length ? strerror(errno) : "end of stream, or too long an answer");
    c->received += (size_t)length;
    c->in[c->received] = 0;
    if (!c->asked) fail("not asked for: %s", c->in);
    if (!is_whole(c->in, c->received)) return;
    if (strncmp(c->in, "HTTP/1.1 200 ", 13) != 0) fail("an answer that is not 200: %s", c->in);
    c->asked = false;
    waiting--;
    answered++;
}

static void receive_some(void) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, 64, WAIT_MS);
    if (ready == 0) fail("no answer in %d ms", WAIT_MS);
    if (ready < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
}

static void open_until(long count) {
    while (opened < count || waiting > 0) {
        while (opened < count && waiting < OPENING_AT_ONCE) open_one();
        receive_some();
    }
}

static void send_until(double end, long at_once) {
    while (now() < end) {
        while (waiting < at_once && !connections[turn].asked) {
            ask(&connections[turn]);
            turn = (turn + 1) % opened;
        }
        receive_some();
    }
    while (waiting > 0) receive_some();
}

int main(int argc, char **argv) {
    char line[128];
    struct rlimit limit;
    if (argc != 2) fail("usage: connections PORT");
    port = atoi(argv[1]);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    room = (long)limit.rlim_cur - 8;
    connections = calloc((size_t)room, sizeof *connections);
    epoll = epoll_create1(0);
    if (!connections || epoll < 0) fail("cannot begin: %s", strerror(errno));
    request_length = (size_t)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port);
    while (fgets(line, sizeof line, stdin)) {
        long count, milliseconds, at_once, before = answered;
        double begun = now();
        if (sscanf(line, "open %ld", &count) == 1) open_until(count);
        else if (sscanf(line, "send %ld %ld", &milliseconds, &at_once) == 2 && opened > 0)
            send_until(begun + (double)milliseconds / 1e3, at_once);
        else fail("not understood: %s", line);
        printf("{\"requests\": %ld, \"seconds\": %.6f}\n", answered - before, now() - begun);
        fflush(stdout);
    }
    return 0;
}
