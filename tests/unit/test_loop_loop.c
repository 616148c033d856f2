/* SPDX-License-Identifier: MIT
 *
 * src/loop/loop.c with a stack and a carrier that are made up: the order of things, bounds, descriptors that block, removal from
 * inside of a callback.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <hawser/loop.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- a stack and a carrier that only count ----------------------------------------------------------------------- */

struct hawser {
    unsigned ready, output; /* how many of each are to be had */
    hawser_time deadline;
    unsigned reports;
    char log[200]; /* i: input, r: callback, o: output, s: sent, f: flushed */
};

struct made_up {
    struct hawser_carrier carrier;
    int pipe[2];
    unsigned room, room_max, taken;
    bool full;
};

static void note(hawser *stack, char what) {
    size_t length = strlen(stack->log);
    if (length + 1 < sizeof(stack->log))
        stack->log[length] = what;
}

int hawser_next(hawser *stack, struct hawser_ready *ready) {
    if (stack->ready == 0)
        return 0;
    *ready = (struct hawser_ready){.id = stack->ready--, .flags = HAWSER_READABLE};
    return 1;
}

size_t hawser_output(hawser *stack, hawser_time now, struct hawser_departure *departure) {
    (void)now;
    if (stack->output == 0)
        return 0;
    note(stack, 'o');
    stack->deadline = --stack->output ? 0 : HAWSER_NEVER;
    return departure->length = 1;
}

hawser_time hawser_deadline(const hawser *stack) {
    return stack->deadline;
}

void hawser_report(hawser *stack, hawser_time now, const struct hawser_report *report) {
    (void)now;
    assert_int_equal(report->kind, HAWSER_REPORT_ADDRESS_UP);
    stack->reports++;
}

static size_t descriptors(const struct hawser_carrier *carrier, int *out, size_t max) {
    (void)max;
    out[0] = ((const struct made_up *)carrier)->pipe[0];
    return 1;
}

static void receive(struct hawser_carrier *carrier, hawser *stack, hawser_time now, int descriptor) {
    char byte;
    (void)carrier, (void)now;
    assert_int_equal(read(descriptor, &byte, 1), 1);
    note(stack, 'i');
}

static int prepare(struct hawser_carrier *carrier, struct hawser_departure *departure) {
    (void)departure;
    return ((struct made_up *)carrier)->room > 0;
}

static void send_one(struct hawser_carrier *carrier, const struct hawser_departure *departure) {
    struct made_up *made = (struct made_up *)carrier;
    assert_int_equal(departure->length, 1);
    made->room--;
    made->taken++;
}

static int flush(struct hawser_carrier *carrier, hawser *stack, hawser_time now) {
    struct made_up *made = (struct made_up *)carrier;
    (void)now;
    if (made->full)
        return made->pipe[0];
    if (made->room < made->room_max)
        note(stack, 'f');
    made->room = made->room_max;
    return -1;
}

static void limits(const struct hawser_carrier *carrier, struct hawser_carrier_limits *out) {
    static const struct hawser_address addresses[2] = {{.family = HAWSER_IPV4}, {.family = HAWSER_IPV6}};
    (void)carrier;
    out->segments_max = 1;
    out->address_count = 2;
    out->addresses = addresses;
}

static const struct hawser_carrier_operations operations = {
    .descriptors = descriptors, .receive = receive, .prepare = prepare, .send = send_one, .flush = flush, .limits = limits};

/* ---- the fixture ------------------------------------------------------------------------------------------------- */

static struct {
    hawser_loop *loop;
    struct hawser stack;
    struct made_up made;
    unsigned callbacks, output_for_each;
    bool remove;
    int fds[2];
    unsigned fd_callbacks, fd_events;
} t;

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    assert_ptr_equal(user, &t);
    assert_true(now > 0);
    assert_true(ready->id > 0);
    note(stack, 'r');
    t.callbacks++;
    stack->output += t.output_for_each;
    if (t.remove)
        assert_int_equal(hawser_loop_remove(t.loop, stack), 0);
}

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof(t));
    t.made.carrier.operations = &operations;
    t.made.room_max = t.made.room = 4;
    t.stack.deadline = HAWSER_NEVER;
    return pipe(t.made.pipe) || pipe(t.fds) || hawser_loop_new(&t.loop) ||
           hawser_loop_add(t.loop, &t.stack, &t.made.carrier, on_ready, &t);
}

static int tear_down(void **state) {
    (void)state;
    hawser_loop_free(t.loop);
    for (int i = 0; i < 2; i++) {
        close(t.made.pipe[i]);
        close(t.fds[i]);
    }
    return 0;
}

static void turn(hawser_time timeout) {
    assert_int_equal(hawser_loop_run_once(t.loop, timeout), 0);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void input_then_callbacks_then_output(void **state) {
    (void)state;
    assert_int_equal(t.stack.reports, 2);
    assert_int_equal(write(t.made.pipe[1], "x", 1), 1);
    t.stack.ready = 2;
    t.output_for_each = 1;
    turn(HAWSER_NEVER);
    assert_string_equal(t.stack.log, "irroof");
    assert_int_equal(hawser_loop_deadline(t.loop), HAWSER_NEVER);
}

static void much_output_takes_several_batches(void **state) {
    (void)state;
    t.stack.output = 10;
    t.stack.deadline = 0;
    turn(HAWSER_NEVER);
    assert_string_equal(t.stack.log, "oooofoooofoof");
}

static void a_bound_leaves_the_rest_for_the_next_turn(void **state) {
    (void)state;
    t.stack.output = 1000;
    t.stack.deadline = 0;
    turn(HAWSER_NEVER);
    assert_in_range(t.made.taken, 64, 999);
    assert_int_equal(hawser_loop_deadline(t.loop), 0);
    for (int i = 0; i < 20; i++)
        turn(0);
    assert_int_equal(t.made.taken, 1000);
    assert_int_equal(hawser_loop_deadline(t.loop), HAWSER_NEVER);
}

static void a_full_socket_stops_output(void **state) {
    (void)state;
    t.stack.output = 5;
    t.stack.deadline = 0;
    t.made.full = true;
    turn(HAWSER_NEVER);
    assert_int_equal(t.made.taken, 0);
    assert_int_equal(hawser_loop_deadline(t.loop), HAWSER_NEVER); /* no spinning: the descriptor will tell */
    turn(0);
    assert_int_equal(t.made.taken, 0);
    t.made.full = false;
    turn(0);
    assert_int_equal(t.made.taken, 5);
}

static void on_fd(void *user, int fd, unsigned events) {
    assert_ptr_equal(user, t.fds);
    t.fd_callbacks++;
    t.fd_events = events;
    if (t.remove)
        assert_int_equal(hawser_loop_remove_fd(t.loop, fd), 0);
}

static void descriptors_of_the_program(void **state) {
    (void)state;
    assert_int_equal(hawser_loop_add_fd(t.loop, t.fds[0], HAWSER_LOOP_READ, on_fd, t.fds), 0);
    assert_int_equal(hawser_loop_add_fd(t.loop, t.fds[0], HAWSER_LOOP_READ, on_fd, t.fds), HAWSER_ERR_EXISTS);
    assert_int_equal(hawser_loop_add_fd(t.loop, t.made.pipe[0], HAWSER_LOOP_READ, on_fd, t.fds), HAWSER_ERR_EXISTS);
    assert_int_equal(hawser_loop_add_fd(t.loop, t.fds[1], HAWSER_LOOP_READ, NULL, NULL), HAWSER_ERR_ARGUMENT);
    assert_int_equal(hawser_loop_add_fd(t.loop, t.fds[1], 8, on_fd, NULL), HAWSER_ERR_ARGUMENT);
    assert_int_equal(hawser_loop_add_fd(t.loop, 9999, HAWSER_LOOP_READ, on_fd, NULL), HAWSER_ERR_SYSTEM);
    assert_int_equal(hawser_loop_set_fd(t.loop, t.fds[1], 0), HAWSER_ERR_GONE);
    assert_int_equal(hawser_loop_set_fd(t.loop, t.made.pipe[0], 0), HAWSER_ERR_GONE);
    turn(0);
    assert_int_equal(t.fd_callbacks, 0);
    assert_int_equal(write(t.fds[1], "x", 1), 1);
    turn(HAWSER_NEVER);
    assert_int_equal(t.fd_callbacks, 1);
    assert_int_equal(t.fd_events, HAWSER_LOOP_READ);
    assert_int_equal(hawser_loop_set_fd(t.loop, t.fds[0], 0), 0);
    turn(0);
    assert_int_equal(t.fd_callbacks, 1);
    /* A hang-up of what is not waited for is not told either. */
    close(t.fds[1]);
    t.fds[1] = dup(t.fds[0]);
    turn(0);
    assert_int_equal(t.fd_callbacks, 1);
    assert_int_equal(hawser_loop_set_fd(t.loop, t.fds[0], HAWSER_LOOP_READ), 0);
    t.remove = true;
    turn(HAWSER_NEVER);
    turn(0);
    assert_int_equal(t.fd_callbacks, 2);
    assert_int_equal(hawser_loop_remove_fd(t.loop, t.fds[0]), HAWSER_ERR_GONE);
}

static void a_file_is_always_ready(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(hawser_loop_add_fd(t.loop, fileno(file), HAWSER_LOOP_READ, on_fd, t.fds), 0);
    turn(0);
    turn(HAWSER_NEVER);
    assert_int_equal(t.fd_callbacks, 2);
    assert_int_equal(hawser_loop_set_fd(t.loop, fileno(file), 0), 0);
    turn(0);
    assert_int_equal(t.fd_callbacks, 2);
    assert_int_equal(hawser_loop_deadline(t.loop), HAWSER_NEVER);
    assert_int_equal(hawser_loop_remove_fd(t.loop, fileno(file)), 0);
    fclose(file);
}

static void a_stack_can_be_removed_from_its_callback(void **state) {
    (void)state;
    assert_int_equal(hawser_loop_add(t.loop, &t.stack, &t.made.carrier, on_ready, &t), HAWSER_ERR_EXISTS);
    t.stack.ready = 3;
    t.stack.output = 3;
    t.remove = true;
    turn(0);
    assert_int_equal(t.callbacks, 1);
    assert_int_equal(t.made.taken, 0);
    assert_int_equal(hawser_loop_remove(t.loop, &t.stack), HAWSER_ERR_GONE);
    assert_int_equal(hawser_loop_deadline(t.loop), HAWSER_NEVER);
    assert_int_equal(hawser_loop_add(t.loop, &t.stack, &t.made.carrier, on_ready, &t), 0);
}

static void on_alarm(int number) {
    (void)number;
}

static void a_signal_ends_the_wait(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm}, before;
    struct itimerval soon = {.it_value.tv_usec = 1000};
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    turn(HAWSER_NEVER);
    sigaction(SIGALRM, &before, NULL);
}

static void the_deadline_ends_the_wait(void **state) {
    (void)state;
    hawser_time before = hawser_now();
    t.stack.deadline = before + 3000;
    turn(HAWSER_NEVER);
    assert_true(hawser_now() >= before + 3000);
    t.stack.deadline = HAWSER_NEVER;
    turn(3000);
}

static void one_descriptor_stands_for_all(void **state) {
    (void)state;
    struct pollfd whole = {.fd = hawser_loop_fd(t.loop), .events = POLLIN};
    if (whole.fd < 0)
        return; /* poll has none */
    assert_int_equal(poll(&whole, 1, 0), 0);
    assert_int_equal(write(t.made.pipe[1], "x", 1), 1);
    assert_int_equal(poll(&whole, 1, 5000), 1);
    turn(0);
    assert_int_equal(poll(&whole, 1, 0), 0);
}

static void stop(void *user, int fd, unsigned events) {
    (void)user, (void)fd, (void)events;
    hawser_loop_stop(t.loop);
}

static void run_ends_when_told(void **state) {
    (void)state;
    assert_int_equal(write(t.fds[1], "x", 1), 1);
    assert_int_equal(hawser_loop_add_fd(t.loop, t.fds[0], HAWSER_LOOP_READ, stop, NULL), 0);
    assert_int_equal(hawser_loop_run(t.loop), 0);
}

static void drain_waits_for_a_full_socket(void **state) {
    (void)state;
    t.stack.output = 5;
    t.stack.deadline = 0;
    t.made.full = true;
    assert_int_equal(hawser_loop_drain(t.loop, 1000), HAWSER_ERR_WOULD_BLOCK);
    assert_int_equal(t.made.taken, 0);
    t.made.full = false;
    assert_int_equal(write(t.made.pipe[1], "x", 1), 1); /* wakes it */
    assert_int_equal(hawser_loop_drain(t.loop, 10000000), 0);
    assert_int_equal(t.made.taken, 5);
    assert_int_equal(hawser_loop_drain(t.loop, 0), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(input_then_callbacks_then_output),
        TEST(much_output_takes_several_batches),
        TEST(a_bound_leaves_the_rest_for_the_next_turn),
        TEST(a_full_socket_stops_output),
        TEST(descriptors_of_the_program),
        TEST(a_file_is_always_ready),
        TEST(a_stack_can_be_removed_from_its_callback),
        TEST(a_signal_ends_the_wait),
        TEST(the_deadline_ends_the_wait),
        TEST(one_descriptor_stands_for_all),
        TEST(run_ends_when_told),
        TEST(drain_waits_for_a_full_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
