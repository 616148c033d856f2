/* SPDX-License-Identifier: MIT
 *
 * RFC 8540: the errata of RFC 4960, which RFC 9260 has taken in; where the two differ, 9260 rules. Most are shown by the scripts
 * of 9260's sections, and named here. Not named: 3.3 (IANA), 3.9 (typos), 3.21, 3.24, 3.30, 3.34, 3.49 and 3.50 (words), and 3.40
 * (references), which ask nothing of an endpoint; 3.5, 3.10 and 3.46 (CRC32c), for which tests/unit/test_base_crc32c.c stands.
 */
#include "script.h"

SHOWN_BY(3_1, s8_2_path_max_retrans, "RFC 8540 3.1",
         "a path goes down when its counter exceeds the limit, not when it reaches it")
SHOWN_BY(3_2, s9_2_outstanding_data_first, "RFC 8540 3.2",
         "after SHUTDOWN was asked for nothing new is taken, what is queued goes")
SHOWN_BY(3_4, s5_1_2_known_parameters_in_any_order, "RFC 8540 3.4", "parameters of INIT come in any order")
SHOWN_BY(3_6, s8_1_dead_primary_does_not_end_an_idle_association, "RFC 8540 3.6",
         "what is not on the path of data says nothing of the endpoint")
SHOWN_BY(3_7, s6_1_b_one_packet_beyond_cwnd, "RFC 8540 3.7", "new data only while less than cwnd is in flight")
SHOWN_BY(3_8, s5_1_4_t1_cookie_runs_from_the_cookie_echo, "RFC 8540 3.8", "T1-cookie starts with the COOKIE ECHO")
SHOWN_BY(3_11, s7_2_3_time_out, "RFC 8540 3.11", "T3: partial_bytes_acked = 0")
SHOWN_BY(3_12, s7_2_2_avoidance, "RFC 8540 3.12", "cwnd is taken from partial_bytes_acked before cwnd grows")
SHOWN_BY(3_13, s8_1_heartbeat_ack_resets_the_counter, "RFC 8540 3.13", "a HEARTBEAT ACK clears the association's counter")
SHOWN_BY(3_14, s6_4_fast_retransmission_stays_on_its_path, "RFC 8540 3.14", "a fast retransmission stays on its path")
SHOWN_BY(3_15, s7_2_4_one_packet_ignores_cwnd, "RFC 8540 3.15",
         "in fast recovery one packet, and no other, goes whatever cwnd says")
SHOWN_BY(3_16, s7_2_1_initial_window_ipv4, "RFC 8540 3.16", "ssthresh begins as high as it can be")
SHOWN_BY(3_17, s5_4_1_addresses_that_the_user_gave_are_confirmed, "RFC 8540 3.17", "what the user gave is confirmed")
SHOWN_BY(3_18, s6_3_3_one_packet_until_acknowledged, "RFC 8540 3.18", "after T3 one packet, until something is acknowledged")
SHOWN_BY(3_19, s5_2_1_init_ack_goes_to_an_address_that_the_user_gave, "RFC 8540 3.19",
         "where the INIT ACK of a collision goes")
SHOWN_BY(3_20, s6_1_a_answered_probes_are_no_errors, "RFC 8540 3.20",
         "only SACKs excuse window probes that are not acknowledged")
SHOWN_BY(3_22, s7_2_2_no_growth_when_cwnd_is_not_used, "RFC 8540 3.22",
         "partial_bytes_acked counts all that is newly acknowledged")
SHOWN_BY(3_23, s9_1_abort_reason_reaches_the_user, "RFC 8540 3.23", "what the user is told of an ABORT")
SHOWN_BY(3_25, s6_10_partial_chunk, "RFC 8540 3.25", "chunks are processed one by one; what came before a bad one stands")
SHOWN_BY(3_26, s7_2_2_avoidance, "RFC 8540 3.26", "no more than a PMDCS for each cwnd of bytes that were acknowledged")
SHOWN_BY(3_27, s7_2_1_idle_decay, "RFC 8540 3.27", "what idleness does to cwnd and ssthresh")
SHOWN_BY(3_28, s6_2_window_updates_are_not_sent_in_bursts, "RFC 8540 3.28", "window updates are few")
SHOWN_BY(3_32, s6_3_1_initial_rto, "RFC 8540 3.32", "RTO.Initial is a second")
SHOWN_BY(3_33, s6_5_invalid_stream, "RFC 8540 3.33", "SACK and ERROR in one packet, in either order")
SHOWN_BY(3_35, s7_2_5_1_change_of_dscp, "RFC 8540 3.35", "a new DSCP resets congestion control")
SHOWN_BY(3_36, s10_icmp8_protocol_unreachable, "RFC 8540 3.36", "ICMP and ICMPv6 alike")
SHOWN_BY(3_37, s10_icmp9_destination_unreachable, "RFC 8540 3.37", "soft errors")
SHOWN_BY(3_38, s6_1_b_cwnd_limits, "RFC 8540 3.38", "cwnd is exceeded by one packet, if it is not reached")
SHOWN_BY(3_39, s6_1_a_zero_window_probe, "RFC 8540 3.39", "probing a closed window")
SHOWN_BY(3_41, s5_1_2_b_host_name_in_init, "RFC 8540 3.41", "Host Name Address is refused")
SHOWN_BY(3_42, s5_1_2_supported_address_types_does_not_exclude_what_is_used, "RFC 8540 3.42",
         "the family in use is supported, whatever Supported Address Types says")
SHOWN_BY(3_43, s3_2_flags_are_ignored, "RFC 8540 3.43", "chunk flags that nobody knows (RFC 6096)")
SHOWN_BY(3_44, s3_1_port_0, "RFC 8540 3.44", "port 0 (RFC 6335)")
SHOWN_BY(3_45, s6_2_i_bit, "RFC 8540 3.45", "the I bit (RFC 7053)")
SHOWN_BY(3_47, judge_gaps, "RFC 8540 3.47", "gap blocks are isolated and rising")
SHOWN_BY(3_48, s6_6_ssn_wraps_at_the_receiver, "RFC 8540 3.48", "the order goes on over SSN 65535")

SCRIPT(rfc8540_3_29_acknowledgement_does_not_move_data, "RFC 8540 3.29, 6.4",
       "DATA keeps to the primary path though what it is bundled with answers DATA from another") {
    start(s, .peer_addresses = 2);
    establish_active(s);
    confirm_paths(s);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0));
    expect(s, SACK, .to = 1, .cum = 0);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 1, .ssn = 1));
    expect_nothing(s); /* its SACK may wait */
    send_message(s, 0, 10, 0);
    expect(s, SACK, .to = 0, .cum = 1);
    expect_also(s, DATA);
}

SCRIPT(rfc8540_3_31_max_burst_leaves_cwnd_alone, "RFC 8540 3.31, 6.1 D", "Max.Burst limits packets; cwnd stays what it is") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 100; i++)
        send_message(s, 0, FULL, 0);
    check_equal(sack_everything(s), 99);
    set(s, MAX_BURST, 2);
    uint32_t cwnd = path_of(s, 1).cwnd;
    check(cwnd > 10 * PMDCS);
    inject(s, SACK(.cum = 99, .a_rwnd = 0));
    for (int i = 0; i < 10; i++)
        send_message(s, 0, FULL, 0);
    inject(s, SACK(.cum = 99));
    check_equal(skip_output(s), 2);
    check_equal(path_of(s, 1).cwnd, cwnd);
    s->quiet_end = true;
}
