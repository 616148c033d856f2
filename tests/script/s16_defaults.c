/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 16: the values that a stack has when nobody sets any, and the table of settings.
 */
#include "script.h"

SCRIPT(s16_defaults, "16", "the recommended protocol parameter values are the defaults") {
    static const struct {
        int setting;
        int64_t value;
    } defaults[] = {
        {HAWSER_SET_RTO_INITIAL, 1000000},
        {HAWSER_SET_RTO_MIN, 1000000},
        {HAWSER_SET_RTO_MAX, 60000000},
        {HAWSER_SET_MAX_BURST, 4},
        {HAWSER_SET_RTO_ALPHA, 3},
        {HAWSER_SET_RTO_BETA, 2},
        {HAWSER_SET_COOKIE_LIFE, 60000000},
        {HAWSER_SET_ASSOCIATION_MAX_RETRANS, 10},
        {HAWSER_SET_PATH_MAX_RETRANS, 5},
        {HAWSER_SET_MAX_INIT_RETRANS, 8},
        {HAWSER_SET_HB_INTERVAL, 30000000},
        {HAWSER_SET_HB_MAX_BURST, 1},
        {HAWSER_SET_SACK_DELAY, 200000},
    };
    start(s, .heartbeats = true);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        check_equal(script_get(s, 0, defaults[i].setting), defaults[i].value);
    establish_passive(s);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (defaults[i].setting != HAWSER_SET_COOKIE_LIFE)
            check_equal(script_get(s, 0, defaults[i].setting), defaults[i].value);
}

SCRIPT(s16_table_of_settings, "16, 11.1.13", "every setting has a row; its bounds are enforced") {
    for (int row = 0; row < HAWSER_SETTING_COUNT; row++) {
        const struct hawser_setting_info *info = hawser_setting_info(row);
        check(info != NULL);
        check(info->min <= info->standard && info->standard <= info->max);
        check_equal(hawser_set(s->stack, s->now, 0, 0, info->number, info->min - 1), HAWSER_ERR_RANGE);
        check_equal(hawser_set(s->stack, s->now, 0, 0, info->number, info->max + 1), HAWSER_ERR_RANGE);
        int64_t value = -7;
        check_equal(hawser_get(s->stack, 0, 0, info->number, &value), 0);
        if (info->number != HAWSER_SET_HB_ENABLED && info->number != HAWSER_SET_PMTU_DISCOVERY &&
            info->number != HAWSER_SET_PF_THRESHOLD) /* off on this stage */
            check_equal(value, info->standard);
        int error = hawser_set(s->stack, s->now, 0, 0, info->number, info->min);
        check(error == 0 || error == HAWSER_ERR_READ_ONLY);
        if (error == 0) {
            check_equal(hawser_get(s->stack, 0, 0, info->number, &value), 0);
            check_equal(value, info->min);
        }
    }
    check(hawser_setting_info(HAWSER_SETTING_COUNT) == NULL);
    check(hawser_setting_info(-1) == NULL);
}

SCRIPT(s16_settings_of_an_endpoint_are_inherited, "11.1.13", "settings of an endpoint are those of its later associations") {
    script_open(s);
    check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_PATH_MAX_RETRANS, 7), 0);
    check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_STREAMS_OUT, 4), 0);
    establish_passive(s);
    check_equal(script_get(s, 1, HAWSER_SET_PATH_MAX_RETRANS), 7);
    check_equal(status_of(s).streams_out, 4);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_STREAMS_OUT, 5), HAWSER_ERR_READ_ONLY);
}

SCRIPT(s16_settings_of_a_path, "11.1.13", "settings of scope P can be set for one path or for all") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 2, HAWSER_SET_PATH_MAX_RETRANS, 9), 0);
    check_equal(script_get(s, 1, HAWSER_SET_PATH_MAX_RETRANS), 5);
    check_equal(script_get(s, 2, HAWSER_SET_PATH_MAX_RETRANS), 9);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PATH_MAX_RETRANS, 3), 0);
    check_equal(script_get(s, 1, HAWSER_SET_PATH_MAX_RETRANS), 3);
    check_equal(script_get(s, 2, HAWSER_SET_PATH_MAX_RETRANS), 3);
    check_equal(hawser_set(s->stack, s->now, s->association, 3, HAWSER_SET_PATH_MAX_RETRANS, 3), HAWSER_ERR_PATH);
    check_equal(hawser_set(s->stack, s->now, s->association, 9, HAWSER_SET_DSCP, 3), HAWSER_ERR_PATH);
}

SCRIPT(s16_bad_settings, "bad input", "errors of set and get have their codes") {
    establish_passive(s);
    int64_t value = 0;
    check_equal(hawser_set(s->stack, s->now, s->association, 0, 0, 1), HAWSER_ERR_OPTION);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, 4711, 1), HAWSER_ERR_OPTION);
    check_equal(hawser_get(s->stack, s->association, 0, -1, &value), HAWSER_ERR_OPTION);
    check_equal(hawser_get(s->stack, s->association, 0, HAWSER_SET_RTO_MIN, NULL), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_get(s->stack, 999, 0, HAWSER_SET_RTO_MIN, &value), HAWSER_ERR_GONE);
    check_equal(hawser_set(s->stack, s->now, 999, 0, HAWSER_SET_RTO_MIN, 1000), HAWSER_ERR_GONE);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_RTO_MIN, 1), HAWSER_ERR_RANGE);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 2), HAWSER_ERR_PATH);
}
