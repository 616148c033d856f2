/* SPDX-License-Identifier: MIT
 *
 * The application of the live peers (peer.h): what each mode sends, checks and waits for. Knows no stack.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TALK_WINDOW      1500000 /* bytes that may be under way, unless a single message is larger */
#define COLLIDE_MESSAGES 10
#define REST             400 /* milliseconds */
#define PAUSE            500 /* milliseconds: longer ones are told */
#define FULL             1000
#define PPID             0x68777300u /* and the number; tshark knows no protocol that would take such payload for its own */

static volatile sig_atomic_t signals; /* that came */
static volatile sig_atomic_t awake;   /* SIGHUP came */

static void on_signal(int number) {
    if (number == SIGHUP)
        awake = 1;
    else
        signals = signals + 1;
}

static uint64_t clock_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t now_ms(void) {
    return clock_ms(CLOCK_MONOTONIC);
}

static void say(const struct peer *peer, const char *kind, const char *format, va_list arguments) {
    char text[400];
    uint64_t age = now_ms() - peer->begin;
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "%" PRIu64 ".%03u %s%s\n", age / 1000, (unsigned)(age % 1000), kind, text);
}

void peer_note(struct peer *peer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(peer, "", format, arguments);
    va_end(arguments);
}

void peer_fail(struct peer *peer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(peer, "failed: ", format, arguments);
    va_end(arguments);
    peer->failed = true;
}

static void digest_begin(struct peer *peer) {
    if (!peer->digest)
        peer->digest = EVP_MD_CTX_new();
    if (!peer->digest || EVP_DigestInit_ex(peer->digest, EVP_sha256(), NULL) != 1)
        abort();
}

static void begin(struct peer *peer, const struct peer_options *options, const struct peer_calls *calls, void *user) {
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: the adapter's wait shall end */
    memset(peer, 0, sizeof *peer);
    peer->options = *options;
    peer->calls = calls;
    peer->user = user;
    peer->begin = now_ms();
    peer->series.state = 1;
    digest_begin(peer);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    alarm(options->timeout + 10); /* whatever happens */
    peer_note(peer, "began at %" PRIu64 " ms", clock_ms(CLOCK_REALTIME));
}

/* ---- what is sent ------------------------------------------------------------------------------------------------ */

static void series_read(struct peer_series *series, uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (series->left == 0) {
            series->state ^= series->state >> 12;
            series->state ^= series->state << 25;
            series->state ^= series->state >> 27;
            series->word = series->state * UINT64_C(0x2545F4914F6CDD1D);
            series->left = 8;
        }
        out[i] = (uint8_t)series->word;
        series->word >>= 8;
        series->left--;
    }
}

static uint8_t *reserve(uint8_t **data, size_t *room, size_t size) {
    if (size > *room) {
        size_t more = size > 2 * *room ? size : 2 * *room;
        *data = realloc(*data, more);
        if (!*data)
            abort();
        *room = more;
    }
    return *data;
}

static uint32_t talk_count(const struct peer *peer) {
    return peer->options.mode == PEER_COLLIDE ? COLLIDE_MESSAGES : PEER_TALK_MESSAGES;
}

/* Each size twice, so that it comes ordered and unordered. */
static size_t talk_size(const struct peer *peer, uint32_t number) {
    static const size_t sizes[] = {1, 2, 3, 4, 1000, 16384, 65536, 100001, 1000000};
    const uint32_t few = sizeof sizes / sizeof *sizes, near_mtu = 101, half = number / 2;
    struct peer_series dice = {.state = peer->options.argument[0] * 65537 + number + 1};
    uint8_t roll[8];
    if (peer->options.mode == PEER_COLLIDE)
        return 1000;
    if (half < few)
        return sizes[half];
    if (half < few + near_mtu)
        return 1400 + half - few;
    series_read(&dice, roll, sizeof roll);
    return 1 + ((size_t)roll[1] << 8 | roll[2]) % ((size_t)1 << (roll[0] % 16 + 1));
}

static void talk_describe(const struct peer *peer, uint32_t number, struct peer_message *message) {
    bool more = peer->more_streams > 0 && number >= peer->more_from;
    *message = (struct peer_message){.size = talk_size(peer, number), .ppid = PPID + number, .unordered = number & 1, .end = true,
                                     .stream = (uint16_t)(number / 2 * 7 % (more ? peer->more_streams : peer->streams))};
}

static void talk_fill(const struct peer *peer, uint32_t number, uint8_t *out, size_t size) {
    struct peer_series series = {.state = (peer->options.argument[0] + 1) * UINT64_C(0x9E3779B97F4A7C15) + number};
    series_read(&series, out, size);
}

/* Fills peer->waiting, if there is a message to send now. */
static void talk_next(struct peer *peer) {
    struct peer_message message;
    if (peer->next == talk_count(peer))
        return;
    /* Not far ahead of the next step, so that what comes after it is seen, too. */
    if (peer->step < peer->options.step_count && peer->next >= peer->options.steps[peer->step].at + 30)
        return;
    talk_describe(peer, peer->next, &message);
    if (peer->options.mode != PEER_COLLIDE && peer->outstanding > 0 && peer->outstanding + message.size > TALK_WINDOW)
        return;
    message.data = reserve(&peer->out, &peer->out_room, message.size);
    talk_fill(peer, peer->next, peer->out, message.size);
    peer->waiting = message;
    peer->outstanding += message.size;
    peer->next++;
}

/* What may get lost has a number, from 1 on, and its bytes follow from that. */
static void numbered_fill(uint32_t number, uint8_t *out, size_t size) {
    struct peer_series series = {.state = number * UINT64_C(0x9E3779B97F4A7C15)};
    series_read(&series, out, size);
}

static void source_next(struct peer *peer) {
    const struct peer_options *options = &peer->options;
    uint64_t left = options->argument[0] - peer->asked, now = now_ms();
    size_t size = left < options->argument[1] ? (size_t)left : (size_t)options->argument[1];
    if (size == 0 || now < peer->next_at)
        return;
    if (options->pace)
        peer->next_at = now + options->pace;
    peer->waiting = (struct peer_message){.size = size, .ppid = PPID, .end = true, .policy = options->policy,
                                          .policy_value = options->policy_value,
                                          .data = reserve(&peer->out, &peer->out_room, size)};
    peer->next++;
    if (options->stripe)
        peer->waiting.stream = (uint16_t)(peer->next % options->stripe);
    if (peer->urgent)
        peer->waiting.policy_value = 0;
    if (options->policy == PEER_RELIABLE && !options->stripe) {
        series_read(&peer->series, peer->out, size);
    } else {
        peer->waiting.ppid += peer->next;
        numbered_fill(peer->next, peer->out, size);
    }
    peer->asked += size;
}

static bool talks(const struct peer *peer) {
    return peer->options.mode == PEER_TALK || peer->options.mode == PEER_COLLIDE ||
           (peer->options.mode == PEER_ABORT && !peer->options.listens);
}

/* A source's message was not taken. true: so it has been for a while, and what is sent from now on is more important than all
 * that waits: then no SACK is under way that could take something from the queue, and what is given up has not been sent. */
static bool full(struct peer *peer) {
    uint64_t now = now_ms();
    if (!peer->full_since)
        peer->full_since = now;
    if (peer->options.policy != PEER_PRIO || peer->urgent || now - peer->full_since < FULL)
        return false;
    peer->urgent = true;
    peer->waiting.policy_value = 0;
    return true;
}

/* Sends until nothing is left or the stack takes no more; what waits, and if no step wants rest, what is new. usrsctp would go on
 * with the old TSNs while it asks for new ones. */
static void send_on(struct peer *peer) {
    if (peer->outcomes > 0 && peer->options.steps[peer->step - 1].act == PEER_RESET_ALL)
        return;
    for (;;) {
        if (!peer->waiting.data && !peer->refused && talks(peer))
            talk_next(peer);
        if (!peer->waiting.data && !peer->refused && peer->options.mode == PEER_SOURCE)
            source_next(peer);
        if (!peer->waiting.data)
            return;
        int taken = peer->calls->send(peer->user, &peer->waiting);
        if (taken == 0 && full(peer))
            continue;
        if (taken == 0)
            return;
        if (taken > 0 && peer->urgent && peer->full_since) /* something gave way */
            peer_note(peer, "important from message %u on", peer->next);
        peer->full_since = 0;
        if (taken < 0) {
            peer_fail(peer, "a message of %zu bytes on stream %u could not be sent", peer->waiting.size, peer->waiting.stream);
            peer->waiting.data = NULL;
            return;
        }
        if (peer->options.mode == PEER_SOURCE) {
            peer->messages++;
            peer->bytes += peer->waiting.size;
            EVP_DigestUpdate(peer->digest, peer->waiting.data, peer->waiting.size);
        }
        peer->waiting.data = NULL;
    }
}

/* ---- what comes -------------------------------------------------------------------------------------------------- */

static void talk_check(struct peer *peer, const struct peer_message *message) {
    struct peer_message wanted;
    uint32_t number = message->ppid - PPID;
    if (number >= talk_count(peer) || (peer->options.mode != PEER_COLLIDE && number >= peer->next)) {
        peer_fail(peer, "message with payload protocol %u, %zu bytes: was never sent", message->ppid, message->size);
        return;
    }
    talk_describe(peer, number, &wanted);
    if (peer->came[number])
        peer_fail(peer, "message %u came twice", number);
    if (message->size != wanted.size || message->stream != wanted.stream || message->unordered != wanted.unordered)
        peer_fail(peer, "message %u: %zu bytes, stream %u, unordered %d instead of %zu, %u, %d", number, message->size,
                  message->stream, message->unordered, wanted.size, wanted.stream, wanted.unordered);
    if (!message->unordered && number < peer->ordered_next[message->stream])
        peer_fail(peer, "message %u came out of order in stream %u", number, message->stream);
    if (!message->unordered)
        peer->ordered_next[message->stream] = number + 1;
    uint8_t *content = malloc(wanted.size);
    if (!content)
        abort();
    talk_fill(peer, number, content, wanted.size);
    if (message->size == wanted.size && memcmp(content, message->data, wanted.size) != 0)
        peer_fail(peer, "message %u: other bytes than were sent", number);
    free(content);
    peer->came[number] = true;
    peer->back++;
    peer->outstanding -= peer->options.mode == PEER_COLLIDE ? 0 : wanted.size;
}

static void numbered_check(struct peer *peer, const struct peer_message *message) {
    uint32_t number = message->ppid - PPID;
    uint8_t *content = malloc(message->size);
    if (!content)
        abort();
    numbered_fill(number, content, message->size);
    if (memcmp(content, message->data, message->size) != 0)
        peer_fail(peer, "message %u: other bytes than were sent", number);
    if (!message->unordered && number < peer->ordered_next[message->stream])
        peer_fail(peer, "message %u came out of order in stream %u, or twice", number, message->stream);
    peer->ordered_next[message->stream] = number + 1;
    free(content);
}

static void take_whole(struct peer *peer, const struct peer_message *message) {
    if (peer->options.mode != PEER_SOURCE) {
        peer->messages++;
        peer->bytes += message->size;
        EVP_DigestUpdate(peer->digest, message->data, message->size);
    }
    if ((peer->options.mode == PEER_SINK || peer->options.mode == PEER_STALL) && message->ppid != PPID)
        numbered_check(peer, message);
    if (talks(peer)) {
        talk_check(peer, message);
    } else if (peer->options.mode == PEER_ECHO) { /* peer_reads sees to it that `out` is free */
        memcpy(reserve(&peer->out, &peer->out_room, message->size), message->data, message->size);
        peer->waiting = *message;
        peer->waiting.data = peer->out;
    } else if (peer->options.mode == PEER_SOURCE) {
        peer_fail(peer, "a message of %zu bytes came, none was expected", message->size);
    }
}

void peer_take(struct peer *peer, const struct peer_message *piece) {
    struct peer_partial *partial = NULL, *empty = NULL;
    uint64_t now = now_ms(), pause = peer->took_at ? now - peer->took_at : 0;
    if (pause > PAUSE)
        peer_note(peer, "pause of %" PRIu64 " ms", pause);
    if (pause > peer->pause)
        peer->pause = pause;
    peer->took_at = now;
    for (unsigned i = 0; i < PEER_PARTIALS_MAX && !partial; i++) {
        struct peer_partial *p = &peer->partials[i];
        if (p->busy && p->stream == piece->stream && p->unordered == piece->unordered)
            partial = p;
        else if (!p->busy && !empty)
            empty = p;
    }
    if (!partial && piece->end) {
        take_whole(peer, piece);
        return;
    }
    if (!partial && !empty) {
        peer_fail(peer, "more than %d messages in parts", PEER_PARTIALS_MAX);
        return;
    }
    if (!partial) {
        partial = empty;
        partial->busy = true;
        partial->size = 0;
        partial->ppid = piece->ppid;
        partial->stream = piece->stream;
        partial->unordered = piece->unordered;
    }
    reserve(&partial->data, &partial->room, partial->size + piece->size);
    memcpy(partial->data + partial->size, piece->data, piece->size);
    partial->size += piece->size;
    if (piece->end) {
        struct peer_message whole = *piece;
        whole.data = partial->data;
        whole.size = partial->size;
        whole.ppid = partial->ppid;
        partial->busy = false;
        take_whole(peer, &whole);
    }
}

bool peer_reads(const struct peer *peer) {
    if (peer->options.mode == PEER_ECHO)
        return !peer->waiting.data;
    if (peer->options.mode == PEER_STALL)
        return awake || !peer->up || now_ms() - peer->up_at >= peer->options.argument[0];
    return true;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

void peer_up(struct peer *peer, unsigned streams_out, unsigned streams_in, const char *remote) {
    peer->streams = streams_out < streams_in ? streams_out : streams_in;
    peer->up = true;
    peer->up_at = now_ms();
    peer_note(peer, "up %s, %u streams out, %u in", remote, streams_out, streams_in);
}

/* What the peer sent before its restart does not count: its new life begins the series anew. */
void peer_restarted(struct peer *peer) {
    peer_note(peer, "restarted");
    peer->restarts++;
    for (unsigned i = 0; i < PEER_PARTIALS_MAX; i++)
        peer->partials[i].busy = false;
    if (peer->options.mode == PEER_SOURCE)
        return;
    peer->messages = peer->bytes = 0;
    digest_begin(peer);
    if (peer->options.mode == PEER_ECHO)
        peer->waiting.data = NULL;
}

void peer_path(struct peer *peer, const char *address, bool reachable) {
    peer_note(peer, "path %s %s", address, reachable ? "reachable" : "unreachable");
}

void peer_mtu(struct peer *peer, uint32_t mtu, bool found) {
    if (mtu != peer->mtu || found != peer->mtu_found)
        peer_note(peer, "packets of %u bytes%s", mtu, found ? ", and no more" : "");
    peer->mtu = mtu;
    peer->mtu_found = found;
}

void peer_unsent(struct peer *peer, uint64_t messages) {
    peer->unsent += messages;
}

static const char *outcome_text(struct peer *peer, enum peer_outcome outcome) {
    static const char *const texts[] = {[PEER_DONE] = "done", [PEER_DENIED] = "denied", [PEER_FAILED] = "failed"};
    if (peer->outcomes > 0)
        peer->outcomes--;
    return texts[outcome];
}

void peer_reset(struct peer *peer, bool incoming, const uint16_t *streams, unsigned count, enum peer_outcome outcome) {
    char list[100] = "";
    size_t length = 0;
    for (unsigned i = 0; i < count && length < sizeof list - 8; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%u", i ? "," : " ", streams[i]);
    peer_note(peer, "reset of %s streams%s %s", incoming ? "incoming" : "outgoing", list, outcome_text(peer, outcome));
}

void peer_renumbered(struct peer *peer, enum peer_outcome outcome) {
    peer_note(peer, "reset of all numbers %s", outcome_text(peer, outcome));
}

/* Messages that are sent from now on use what both sides have. */
void peer_streams(struct peer *peer, unsigned out, unsigned in, enum peer_outcome outcome) {
    unsigned both = out < in ? out : in;
    peer_note(peer, "streams %u out, %u in: %s", out, in, outcome_text(peer, outcome));
    if (outcome != PEER_DONE || both <= peer->streams || peer->more_streams)
        return;
    peer->more_streams = both;
    peer->more_from = peer->next;
}

void peer_address(struct peer *peer, const char *address, const char *what, bool own) {
    if (own && peer->outcomes > 0)
        peer->outcomes--;
    peer_note(peer, "%s %s %s", own ? "our address" : "address", address, what);
}

void peer_closes(struct peer *peer) {
    peer->peer_closes = true;
}

/* When SHUTDOWN COMPLETE is lost, and something late comes to the peer that has ended, that is answered by an ABORT. Then all has
 * been delivered either way. */
void peer_ended(struct peer *peer, enum peer_end end, bool remote, const char *why) {
    static const char *const names[] = {[PEER_SHUTDOWN] = "shut down", [PEER_ABORTED] = "aborted", [PEER_LOST] = "lost"};
    if (peer->end != PEER_LIVES)
        return;
    if (end == PEER_FORGOTTEN && peer->peer_closes)
        why = "an ABORT instead of SHUTDOWN COMPLETE";
    if (end == PEER_FORGOTTEN)
        end = peer->peer_closes ? PEER_SHUTDOWN : PEER_ABORTED;
    peer->end = end;
    peer->ended_at = now_ms();
    peer_note(peer, "longest pause %" PRIu64 " ms", peer->pause);
    peer_note(peer, "%s%s%s%s", names[end], end == PEER_ABORTED ? remote ? " by peer" : " here" : "", why && *why ? ": " : "",
              why ? why : "");
}

static void shut_down(struct peer *peer) {
    if (!peer->closing)
        peer->calls->shutdown(peer->user);
    peer->closing = true;
}

static bool wants_abort(const struct peer *peer) {
    uint64_t count = peer->options.listens ? peer->messages : peer->back;
    return peer->options.mode == PEER_ABORT && count >= peer->options.argument[0];
}

/* Nothing is under way, not even a SACK that was delayed. */
static bool rested(const struct peer *peer) {
    return peer->outstanding == 0 && (!peer->took_at || now_ms() - peer->took_at >= REST);
}

/* Steps that are due, one after the other, each when the outcomes of the last one are known. */
static void step_on(struct peer *peer) {
    const struct peer_options *options = &peer->options;
    while (peer->step < options->step_count && peer->messages >= options->steps[peer->step].at && peer->outcomes == 0) {
        const struct peer_step *step = &options->steps[peer->step];
        /* New TSNs are for an association at rest: what is under way would be taken for lost, or for something else. */
        bool rest = step->act == PEER_RESET_ALL || options->rests;
        int done = rest && !rested(peer) ? 0 : peer->calls->act(peer->user, step);
        peer->refused = done == 0;
        if (done == 0)
            return;
        if (done < 0)
            peer_fail(peer, "step %u could not be done", peer->step);
        else
            peer->outcomes = (unsigned)done - 1;
        peer->step++;
    }
}

void peer_work(struct peer *peer) {
    if (!peer->up || peer->end != PEER_LIVES)
        return;
    if (peer->interrupts < signals) {
        if (peer->interrupts++ == 0)
            shut_down(peer);
        else
            peer->calls->abort(peer->user, "interrupted");
        return;
    }
    if (wants_abort(peer)) {
        if (!peer->closing)
            peer->calls->abort(peer->user, "enough of this");
        peer->closing = true;
    }
    if (peer->closing)
        return;
    step_on(peer);
    send_on(peer);
    step_on(peer);
    if (peer->step < peer->options.step_count || peer->outcomes > 0)
        return; /* all of it has to be seen before the end */
    bool all_sent = !peer->waiting.data;
    if (peer->options.mode == PEER_TALK && peer->back == talk_count(peer))
        shut_down(peer);
    if (peer->options.mode == PEER_COLLIDE && peer->back == talk_count(peer) && all_sent && peer->options.closes)
        shut_down(peer);
    if (peer->options.mode == PEER_SOURCE && all_sent && peer->asked == peer->options.argument[0])
        shut_down(peer);
}

int peer_wait(const struct peer *peer) {
    uint64_t now = now_ms(), until = peer->begin + (uint64_t)peer->options.timeout * 1000;
    if (peer->end != PEER_LIVES)
        until = peer->ended_at + peer->options.linger;
    else if (peer->options.mode == PEER_STALL && peer->up && !peer_reads(peer) && peer->up_at + peer->options.argument[0] < until)
        until = peer->up_at + peer->options.argument[0];
    if (peer->end == PEER_LIVES && peer->up && peer->options.mode == PEER_SOURCE && !peer->waiting.data &&
        peer->asked < peer->options.argument[0] && peer->next_at < until)
        until = peer->next_at;
    if (peer->end == PEER_LIVES && peer->options.policy == PEER_PRIO && peer->full_since) {
        uint64_t again = peer->urgent ? now + 20 : peer->full_since + FULL; /* Linux makes room, but does not always tell */
        until = again < until ? again : until;
    }
    if (peer->end == PEER_LIVES && peer->refused && until > now + 5)
        until = now + 5;
    if (peer->end == PEER_LIVES && peer->options.probe && until > now + 100)
        until = now + 100;
    /* A signal that comes just before the wait does not cut it short. */
    return until <= now ? 0 : until - now > 500 ? 500 : (int)(until - now);
}

bool peer_done(struct peer *peer) {
    uint64_t now = now_ms();
    if (!peer->up && signals > 0)
        peer_ended(peer, PEER_LOST, false, "interrupted before it was up");
    if (peer->end == PEER_LIVES && now - peer->begin >= (uint64_t)peer->options.timeout * 1000) {
        peer_fail(peer, "timeout");
        peer->end = PEER_TIMEOUT;
        return true;
    }
    return peer->end != PEER_LIVES && (signals > peer->interrupts || now - peer->ended_at >= peer->options.linger);
}

static bool as_expected(const struct peer *peer) {
    switch (peer->options.mode) {
    case PEER_ABORT: return peer->end == PEER_ABORTED && peer->closing;
    case PEER_HOLD: return peer->end == PEER_SHUTDOWN || peer->end == PEER_ABORTED;
    case PEER_TALK:
    case PEER_COLLIDE: return peer->end == PEER_SHUTDOWN && peer->back == talk_count(peer);
    case PEER_SOURCE: return peer->end == PEER_SHUTDOWN && (peer->unsent == 0 || peer->options.policy != PEER_RELIABLE) &&
                             (peer->asked == peer->options.argument[0] || (peer->options.pace && peer->interrupts == 1));
    default: return peer->end == PEER_SHUTDOWN;
    }
}

static int result(struct peer *peer) {
    static const char *const modes[] = {"echo", "talk", "source", "sink", "stall", "abort", "hold", "collide"};
    static const char *const ends[] = {"none", "shutdown", "abort", "lost", "timeout"};
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    for (unsigned i = 0; i < PEER_PARTIALS_MAX; i++)
        if (peer->partials[i].busy && peer->end == PEER_SHUTDOWN)
            peer_fail(peer, "a message in stream %u has no end", peer->partials[i].stream);
    bool ok = as_expected(peer) && !peer->failed;
    EVP_DigestFinal_ex(peer->digest, hash, &size);
    printf("%s %s ended=%s messages=%" PRIu64 " bytes=%" PRIu64 " sha256=", modes[peer->options.mode], ok ? "ok" : "failed",
           ends[peer->end], peer->messages, peer->bytes);
    for (unsigned i = 0; i < size; i++)
        printf("%02x", hash[i]);
    printf(" restarts=%" PRIu32 " unsent=%" PRIu64 "\n", peer->restarts, peer->unsent);
    fflush(stdout);
    for (unsigned i = 0; i < PEER_PARTIALS_MAX; i++)
        free(peer->partials[i].data);
    free(peer->out);
    EVP_MD_CTX_free(peer->digest);
    return ok ? 0 : 1;
}

int peer_main(struct peer *peer, const struct peer_calls *calls, void *user, int argc, char **argv) {
    struct peer_options options;
    int status;
    if (!peer_options(&options, argc, argv, &status))
        return status;
    begin(peer, &options, calls, user);
    if (!calls->open(user))
        return 1;
    while (!peer_done(peer) && calls->turn(user))
        peer_work(peer);
    status = result(peer);
    calls->close(user);
    return status;
}
