/* SPDX-License-Identifier: MIT
 *
 * The loop: waits, feeds the stacks from their carriers, calls the program back, carries the answers out.
 */
#define _GNU_SOURCE
#include "loop/wait.h"

#include "carrier/addresses.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define EVENTS_MAX      64
#define DESCRIPTORS_MAX 64  /* of one carrier */
#define READY_MAX       256 /* callbacks for one stack before the others have their turn */
#define DEPARTURES_MAX  64  /* trains of one stack, likewise */
#define ROUNDS_MAX      8   /* of callbacks and output in one turn */

struct pair;

/* A descriptor that is waited for: a carrier's or the program's. */
struct source {
    struct source *next;
    int fd;
    unsigned events;
    bool always, dead;              /* always: cannot be waited for; dead: removed, freed at the end of the turn */
    struct pair *pair;              /* a carrier's, or */
    hawser_loop_fd_ready *on_ready; /* the program's */
    void *user;
};

struct pair {
    struct pair *next;
    hawser *stack;
    struct hawser_carrier *carrier;
    hawser_loop_ready *on_ready;
    void *user;
    int blocked;     /* descriptor that must become writable before more output is pulled, or -1 */
    bool more, dead; /* more: a bound was reached, there is more to do at once */
    bool follows;    /* it is told of the machine's addresses */
};

struct hawser_loop {
    struct hw_wait *wait;
    struct source *sources;
    struct pair *pairs;
    struct hw_addresses *addresses; /* of the machine, if a stack asked for them */
    int depth; /* turns under way: nothing is freed before the outermost has ended */
    bool stopped, any_dead;
};

hawser_time hawser_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (hawser_time)now.tv_sec * 1000000 + (hawser_time)now.tv_nsec / 1000;
}

int hawser_loop_new(hawser_loop **loop) {
    if (!loop)
        return HAWSER_ERR_ARGUMENT;
    hawser_loop *made = calloc(1, sizeof(*made));
    if (!made)
        return HAWSER_ERR_NO_MEMORY;
    made->wait = hw_wait_new();
    if (!made->wait) {
        free(made);
        return HAWSER_ERR_SYSTEM;
    }
    *loop = made;
    return 0;
}

/* ---- sources --------------------------------------------------------------------------------------------------- */

static struct source *find_source(const hawser_loop *loop, int fd) {
    struct source *s = loop->sources;
    while (s && (s->dead || s->fd != fd))
        s = s->next;
    return s;
}

/* A descriptor for which nothing is asked is not waited for at all: hang-ups would be told again and again. */
static int watch(hawser_loop *loop, struct source *s, unsigned events) {
    int result = 0;
    if (!s->always && events != s->events) {
        if (events == 0)
            hw_wait_remove(loop->wait, s->fd);
        else if (s->events == 0)
            result = hw_wait_add(loop->wait, s->fd, events, s);
        else
            result = hw_wait_set(loop->wait, s->fd, events, s);
        if (result != 0 && errno == EPERM) {
            s->always = true;
            result = 0;
        }
    }
    if (result != 0)
        return HAWSER_ERR_SYSTEM;
    s->events = events;
    return 0;
}

static int add_source(hawser_loop *loop, int fd, unsigned events, struct source **out) {
    if (find_source(loop, fd))
        return HAWSER_ERR_EXISTS;
    struct source *s = calloc(1, sizeof(*s));
    if (!s)
        return HAWSER_ERR_NO_MEMORY;
    s->fd = fd;
    int error = watch(loop, s, events);
    if (error) {
        free(s);
        return error;
    }
    s->next = loop->sources;
    loop->sources = s;
    *out = s;
    return 0;
}

static void remove_source(hawser_loop *loop, struct source *s) {
    watch(loop, s, 0);
    s->dead = true;
    loop->any_dead = true;
}

/* What was removed during a turn may still be named by events that wait to be looked at, hence only now. */
static void bury(hawser_loop *loop) {
    if (!loop->any_dead || loop->depth > 0)
        return;
    for (struct source **s = &loop->sources; *s;) {
        struct source *gone = *s;
        if (gone->dead) {
            *s = gone->next;
            free(gone);
        } else {
            s = &gone->next;
        }
    }
    for (struct pair **p = &loop->pairs; *p;) {
        struct pair *gone = *p;
        if (gone->dead) {
            *p = gone->next;
            free(gone);
        } else {
            p = &gone->next;
        }
    }
    loop->any_dead = false;
}

int hawser_loop_add_fd(hawser_loop *loop, int fd, unsigned events, hawser_loop_fd_ready *on_ready, void *user) {
    struct source *s;
    if (!on_ready || fd < 0 || (events & ~(HAWSER_LOOP_READ | HAWSER_LOOP_WRITE)))
        return HAWSER_ERR_ARGUMENT;
    int error = add_source(loop, fd, events, &s);
    if (error)
        return error;
    s->on_ready = on_ready;
    s->user = user;
    return 0;
}

int hawser_loop_set_fd(hawser_loop *loop, int fd, unsigned events) {
    struct source *s = find_source(loop, fd);
    return s && s->on_ready ? watch(loop, s, events) : HAWSER_ERR_GONE;
}

int hawser_loop_remove_fd(hawser_loop *loop, int fd) {
    struct source *s = find_source(loop, fd);
    if (!s || !s->on_ready)
        return HAWSER_ERR_GONE;
    remove_source(loop, s);
    bury(loop);
    return 0;
}

/* ---- stacks ---------------------------------------------------------------------------------------------------- */

static void remove_pair(hawser_loop *loop, struct pair *pair) {
    for (struct source *s = loop->sources; s; s = s->next)
        if (s->pair == pair && !s->dead)
            remove_source(loop, s);
    pair->dead = true;
    loop->any_dead = true;
}

static void report_address(const struct pair *pair, const struct hawser_address *address, bool up) {
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = up ? HAWSER_REPORT_ADDRESS_UP : HAWSER_REPORT_ADDRESS_DOWN;
    report.local = *address;
    hawser_report(pair->stack, hawser_now(), &report);
}

static void tell_addresses(const struct pair *pair) {
    struct hawser_carrier_limits limits = HAWSER_INIT(limits);
    pair->carrier->operations->limits(pair->carrier, &limits);
    for (size_t i = 0; i < limits.address_count; i++)
        report_address(pair, &limits.addresses[i], true);
}

int hawser_loop_add(hawser_loop *loop, hawser *stack, struct hawser_carrier *carrier, hawser_loop_ready *on_ready, void *user) {
    int descriptors[DESCRIPTORS_MAX];
    if (!stack || !carrier || !on_ready)
        return HAWSER_ERR_ARGUMENT;
    for (const struct pair *p = loop->pairs; p; p = p->next)
        if (!p->dead && p->stack == stack)
            return HAWSER_ERR_EXISTS;
    size_t count = carrier->operations->descriptors(carrier, descriptors, DESCRIPTORS_MAX);
    if (count > DESCRIPTORS_MAX)
        return HAWSER_ERR_ARGUMENT;
    struct pair *pair = calloc(1, sizeof(*pair));
    if (!pair)
        return HAWSER_ERR_NO_MEMORY;
    *pair =
        (struct pair){.next = loop->pairs, .stack = stack, .carrier = carrier, .on_ready = on_ready, .user = user, .blocked = -1};
    loop->pairs = pair;
    for (size_t i = 0; i < count; i++) {
        struct source *s;
        int error = add_source(loop, descriptors[i], HAWSER_LOOP_READ, &s);
        if (error) {
            remove_pair(loop, pair);
            bury(loop);
            return error;
        }
        s->pair = pair;
    }
    tell_addresses(pair);
    return 0;
}

int hawser_loop_remove(hawser_loop *loop, const hawser *stack) {
    for (struct pair *p = loop->pairs; p; p = p->next) {
        if (!p->dead && p->stack == stack) {
            remove_pair(loop, p);
            bury(loop);
            return 0;
        }
    }
    return HAWSER_ERR_GONE;
}

/* ---- the machine's addresses ------------------------------------------------------------------------------------- */

static void address_changed(void *user, const struct hawser_address *address, bool up) {
    const hawser_loop *loop = user;
    for (const struct pair *p = loop->pairs; p; p = p->next)
        if (!p->dead && p->follows)
            report_address(p, address, up);
}

static void addresses_ready(void *user, int fd, unsigned events) {
    const hawser_loop *loop = user;
    (void)fd, (void)events;
    hw_addresses_read(loop->addresses, address_changed, user);
}

static int follow(hawser_loop *loop) {
    loop->addresses = hw_addresses_open();
    if (!loop->addresses)
        return errno == ENOMEM ? HAWSER_ERR_NO_MEMORY : HAWSER_ERR_SYSTEM;
    int error = hawser_loop_add_fd(loop, hw_addresses_fd(loop->addresses), HAWSER_LOOP_READ, addresses_ready, loop);
    if (error) {
        hw_addresses_close(loop->addresses);
        loop->addresses = NULL;
    }
    return error;
}

int hawser_loop_follow_addresses(hawser_loop *loop, const hawser *stack) {
    struct pair *pair = loop->pairs;
    while (pair && (pair->dead || pair->stack != stack))
        pair = pair->next;
    if (!pair)
        return HAWSER_ERR_GONE;
    if (pair->follows)
        return 0;
    int error = loop->addresses ? 0 : follow(loop);
    if (error)
        return error;
    struct hawser_address known[HAWSER_ADDRESSES_MAX];
    size_t count = hw_addresses_list(loop->addresses, known, HAWSER_ADDRESSES_MAX);
    for (size_t i = 0; i < count && i < HAWSER_ADDRESSES_MAX; i++)
        report_address(pair, &known[i], true);
    pair->follows = true;
    return 0;
}

void hawser_loop_free(hawser_loop *loop) {
    if (!loop)
        return;
    for (struct source *s = loop->sources; s; s = s->next)
        s->dead = true;
    for (struct pair *p = loop->pairs; p; p = p->next)
        p->dead = true;
    loop->any_dead = true;
    bury(loop);
    hw_wait_free(loop->wait);
    hw_addresses_close(loop->addresses);
    free(loop);
}

/* ---- a turn ---------------------------------------------------------------------------------------------------- */

/* Calls back for all that is ready; true if there was something. */
static bool call_back(struct pair *pair, hawser_time now) {
    struct hawser_ready ready;
    int count = 0;
    while (!pair->dead && count < READY_MAX && hawser_next(pair->stack, &ready)) {
        pair->on_ready(pair->user, pair->stack, now, &ready);
        count++;
    }
    if (count == READY_MAX)
        pair->more = true;
    return count > 0;
}

static void set_blocked(hawser_loop *loop, struct pair *pair, int blocked) {
    if (blocked == pair->blocked)
        return;
    struct source *before = find_source(loop, pair->blocked), *after = find_source(loop, blocked);
    if (before)
        watch(loop, before, HAWSER_LOOP_READ);
    if (after)
        watch(loop, after, HAWSER_LOOP_READ | HAWSER_LOOP_WRITE);
    pair->blocked = blocked;
}

/* Pulls output and sends it until there is none, the socket is full, or the others should have their turn. */
static void carry_out(hawser_loop *loop, struct pair *pair, hawser_time now) {
    const struct hawser_carrier_operations *o = pair->carrier->operations;
    struct hawser_departure departure;
    int blocked, total = 0, count;
    while ((blocked = o->flush(pair->carrier, pair->stack, now)) < 0) {
        if (total >= DEPARTURES_MAX) {
            pair->more = true;
            break;
        }
        for (count = 0; o->prepare(pair->carrier, &departure) && hawser_output(pair->stack, now, &departure) > 0; count++)
            o->send(pair->carrier, &departure);
        if (count == 0)
            break;
        total += count;
    }
    set_blocked(loop, pair, blocked);
}

/* Callbacks come before output, so that what they send shares packets with what the stack owes. Output may fire timers, which may
 * be of interest, hence the rounds. */
static void work(hawser_loop *loop, struct pair *pair) {
    pair->more = false;
    hawser_time now = hawser_now();
    call_back(pair, now);
    for (int round = 0; !pair->dead; round++) {
        if (round == ROUNDS_MAX) {
            pair->more = true;
            break;
        }
        carry_out(loop, pair, now);
        if (!call_back(pair, now))
            break;
    }
}

hawser_time hawser_loop_deadline(const hawser_loop *loop) {
    hawser_time earliest = HAWSER_NEVER;
    for (const struct source *s = loop->sources; s; s = s->next)
        if (!s->dead && s->always && s->events)
            return 0;
    for (const struct pair *p = loop->pairs; p; p = p->next) {
        if (p->dead)
            continue;
        if (p->more)
            return 0;
        /* While the socket is full its becoming writable is what we wait for. */
        hawser_time deadline = p->blocked < 0 ? hawser_deadline(p->stack) : HAWSER_NEVER;
        if (deadline < earliest)
            earliest = deadline;
    }
    return earliest;
}

static void look_at(struct source *s, unsigned events, hawser_time now) {
    events &= s->events;
    if (s->dead || events == 0)
        return;
    if (s->on_ready)
        s->on_ready(s->user, s->fd, events);
    else if (events & HAWSER_LOOP_READ)
        s->pair->carrier->operations->receive(s->pair->carrier, s->pair->stack, now, s->fd);
}

int hawser_loop_run_once(hawser_loop *loop, hawser_time timeout) {
    struct hw_wait_event events[EVENTS_MAX];
    hawser_time deadline = hawser_loop_deadline(loop);
    if (timeout > 0 && deadline != HAWSER_NEVER) {
        hawser_time now = hawser_now(), left = deadline > now ? deadline - now : 0;
        if (left < timeout)
            timeout = left;
    }
    int count = hw_wait(loop->wait, timeout, events, EVENTS_MAX);
    if (count < 0)
        return HAWSER_ERR_SYSTEM;

    loop->depth++;
    hawser_time now = hawser_now();
    for (int i = 0; i < count; i++)
        look_at(events[i].token, events[i].events, now);
    for (struct source *s = loop->sources; s; s = s->next)
        if (s->always)
            look_at(s, s->events, now);
    for (struct pair *p = loop->pairs; p; p = p->next)
        if (!p->dead)
            work(loop, p);
    loop->depth--;
    bury(loop);
    return 0;
}

int hawser_loop_run(hawser_loop *loop) {
    int error = 0;
    loop->stopped = false;
    while (!loop->stopped && !error)
        error = hawser_loop_run_once(loop, HAWSER_NEVER);
    return error;
}

void hawser_loop_stop(hawser_loop *loop) {
    loop->stopped = true;
}

static bool pending(const hawser_loop *loop, hawser_time now) {
    for (const struct pair *p = loop->pairs; p; p = p->next)
        if (!p->dead && (p->more || p->blocked >= 0 || hawser_deadline(p->stack) <= now))
            return true;
    return false;
}

int hawser_loop_drain(hawser_loop *loop, hawser_time timeout) {
    hawser_time begin = hawser_now();
    for (hawser_time now = begin; pending(loop, now); now = hawser_now()) {
        hawser_time waited = now - begin;
        if (waited > timeout)
            return HAWSER_ERR_WOULD_BLOCK;
        int error = hawser_loop_run_once(loop, timeout - waited);
        if (error)
            return error;
    }
    return 0;
}

int hawser_loop_fd(const hawser_loop *loop) {
    return hw_wait_fd(loop->wait);
}
