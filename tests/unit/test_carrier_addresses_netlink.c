/* SPDX-License-Identifier: MIT
 *
 * src/carrier/addresses_netlink.c in a network namespace of its own, in which `ip` makes addresses come and go. Skipped where no
 * namespace can be had.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/address.h"
#include "carrier/addresses.h"
#include <hawser/net.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char told[2000]; /* "+192.0.2.1 -192.0.2.1 " */

static void changed(void *user, const struct hawser_address *address, bool up) {
    char text[HAWSER_ADDRESS_TEXT_MAX];
    assert_ptr_equal(user, told);
    hawser_address_format(address, text, sizeof text);
    assert_true(strlen(told) + strlen(text) + 3 < sizeof told);
    strcat(strcat(strcat(told, up ? "+" : "-"), text), " ");
}

static void ip(const char *words) {
    char line[200];
    snprintf(line, sizeof line, "ip %s 2>&1", words);
    assert_int_equal(system(line), 0);
}

/* The kernel ends duplicate address detection, even where there is none to do, in its own time. Waits until this was told. */
static void expect(struct hw_addresses *a, const char *words) {
    struct pollfd wait = {.fd = hw_addresses_fd(a), .events = POLLIN};
    told[0] = '\0';
    do
        hw_addresses_read(a, changed, told);
    while (strlen(told) < strlen(words) && poll(&wait, 1, 10000) > 0);
    assert_string_equal(told, words);
}

static size_t known_soon(struct hw_addresses *a, size_t wanted) {
    struct pollfd wait = {.fd = hw_addresses_fd(a), .events = POLLIN};
    struct hawser_address list[8];
    while (hw_addresses_list(a, list, 8) != wanted && poll(&wait, 1, 10000) > 0)
        hw_addresses_read(a, NULL, NULL);
    return hw_addresses_list(a, list, 8);
}

static void what_is_there_is_known(void **state) {
    (void)state;
    ip("addr add 192.0.2.1/24 dev lo");
    ip("addr add 2001:db8::1/64 dev lo nodad");
    ip("link set lo up"); /* brings 127.0.0.1 and ::1 */
    struct hw_addresses *a = hw_addresses_open();
    assert_non_null(a);
    struct hawser_address list[8];
    assert_int_equal(known_soon(a, 4), 4);
    hw_addresses_list(a, list, 8);
    for (unsigned i = 0; i < 4; i++) /* the widest scope first */
        assert_int_equal(hw_address_loopback(&list[i]), i >= 2);
    assert_int_equal(hw_addresses_list(a, list, 1), 4);
    expect(a, "");
    hw_addresses_close(a);
}

static void changes_are_told_once(void **state) {
    (void)state;
    struct hw_addresses *a = hw_addresses_open();
    assert_non_null(a);
    ip("addr add 192.0.2.2/24 dev lo");
    expect(a, "+192.0.2.2 ");
    expect(a, "");
    ip("addr change 192.0.2.2/24 dev lo valid_lft 1000 preferred_lft 1000"); /* told by the kernel as new, and is not */
    ip("addr del 192.0.2.2/24 dev lo");
    expect(a, "-192.0.2.2 ");
    ip("addr add 2001:db8::2/64 dev lo nodad");
    expect(a, "+2001:db8::2 ");
    ip("addr del 2001:db8::2/64 dev lo");
    expect(a, "-2001:db8::2 ");
    hw_addresses_close(a);
}

/* RFC 4862 5.4: not before duplicate address detection has ended; while the link is down it cannot begin. */
static void tentative_addresses_wait(void **state) {
    (void)state;
    struct hw_addresses *a = hw_addresses_open();
    assert_non_null(a);
    if (system("ip link add one type veth peer name two 2>/dev/null") != 0) {
        hw_addresses_close(a);
        skip();
    }
    ip("addr add 2001:db8:1::1/64 dev one");
    expect(a, "");
    ip("addr add 192.0.2.9/24 dev one");
    ip("addr add 192.0.2.9/24 dev two"); /* one address on two interfaces is one address */
    expect(a, "+192.0.2.9 ");
    expect(a, "");
    ip("addr del 192.0.2.9/24 dev one");
    expect(a, "");
    ip("link del one");
    expect(a, "-192.0.2.9 ");
    hw_addresses_close(a);
}

/* More than the socket holds: what was lost is found by reading all of it again. */
static void lost_messages_are_made_up_for(void **state) {
    (void)state;
    struct hw_addresses *a = hw_addresses_open();
    assert_non_null(a);
    FILE *batch = popen("ip -batch - 2>&1", "w");
    assert_non_null(batch);
    for (unsigned round = 0; round < 8; round++)
        for (unsigned i = 0; i < 500; i++)
            fprintf(batch, "addr %s 198.18.%u.%u/32 dev lo\n", round % 2 ? "del" : "add", i / 250, i % 250 + 1);
    fprintf(batch, "addr add 192.0.2.77/32 dev lo\n");
    assert_int_equal(pclose(batch), 0);
    assert_int_equal(known_soon(a, 5), 5); /* two of loopback, two of the first test, and the last */
    expect(a, "");
    hw_addresses_close(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_known),
        cmocka_unit_test(changes_are_told_once),
        cmocka_unit_test(tentative_addresses_wait),
        cmocka_unit_test(lost_messages_are_made_up_for),
    };
    if ((unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) || system("ip link >/dev/null 2>&1") != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
