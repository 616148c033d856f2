/* SPDX-License-Identifier: MIT
 *
 * Setting an association up (RFC 9260 5.1): the four-way handshake from both sides, T1, stale cookies. An INIT costs us an
 * answer and no state; the association is made of what the cookie brings back.
 */
#include "core/assoc.h"

/* ---- what INIT and INIT ACK say -------------------------------------------------------------------------------- */

/* The peer's INIT accepts addresses of this family: by its Supported Address Types, or by using them itself (5.1.2). */
static bool accepted(const struct hw_offer *offer, const struct hawser_address *remote, uint8_t family) {
    bool yes = remote->family == family || !(family == HAWSER_IPV4 ? offer->no_ipv4 : offer->no_ipv6);
    for (unsigned i = 0; !yes && i < offer->address_count; i++)
        yes = offer->addresses[i].family == family;
    return yes;
}

/* `offer`: the INIT that is answered, or NULL. */
static void write_addresses(struct hw_writer *writer, const struct hawser_address *locals, unsigned count,
                            const struct hw_settings *settings, const struct hawser_address *remote,
                            const struct hw_offer *offer) {
    if (count < 2 || settings->value[HAWSER_SET_NAT] || remote->family == HAWSER_ROUTE)
        return; /* none listed: the source address is the only one, and a NAT does no harm (3.3.2.1.2, RFC 6951 3.2) */
    for (unsigned i = 0; i < count; i++)
        if (hw_local_listable(&locals[i], settings, remote) && (!offer || accepted(offer, remote, locals[i].family)))
            hw_write_address(writer, &locals[i]);
}

static void write_fixed(struct hw_writer *writer, uint32_t tag, const struct hw_settings *settings, uint16_t streams_out,
                        uint32_t tsn) {
    hw_write32(writer, tag);
    hw_write32(writer, (uint32_t)settings->value[HAWSER_SET_RECEIVE_BUFFER]);
    hw_write16(writer, streams_out);
    hw_write16(writer, (uint16_t)settings->value[HAWSER_SET_STREAMS_IN_MAX]);
    hw_write32(writer, tsn);
}

static void write_address_types(struct hw_writer *writer, const struct hw_settings *settings) {
    bool ipv4 = settings->value[HAWSER_SET_IPV4], ipv6 = settings->value[HAWSER_SET_IPV6];
    if (ipv4 == ipv6)
        return; /* absent: any (3.3.2 note 4) */
    uint8_t type[2];
    hw_put16(type, ipv4 ? HW_PARAM_IPV4 : HW_PARAM_IPV6);
    hw_write_param(writer, HW_PARAM_ADDRESS_TYPES, (struct hawser_span){type, sizeof type});
}

/* RFC 5061 4.2.6 */
static void write_adaptation(struct hw_writer *writer, const struct hw_settings *settings) {
    uint8_t value[4];
    if (settings->value[HAWSER_SET_ADAPTATION] < 0)
        return;
    hw_put32(value, (uint32_t)settings->value[HAWSER_SET_ADAPTATION]);
    hw_write_param(writer, HW_PARAM_ADAPTATION, (struct hawser_span){value, sizeof value});
}

void hw_init_write(struct hw_assoc *assoc, uint32_t carrier, struct hw_writer *writer) {
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_INIT, 0);
    write_fixed(writer, assoc->tag, assoc->settings, assoc->init_streams_out, assoc->setup.initial_tsn);
    const struct hawser_address *remote = &assoc->paths[assoc->init_path]->remote;
    struct hawser_address locals[HW_LOCALS_MAX];
    write_addresses(writer, locals, hw_locals_usable(assoc, locals), assoc->settings, remote, NULL);
    if (remote->family != HAWSER_ROUTE)
        write_address_types(writer, assoc->settings);
    assoc->setup.offered = hw_extensions_of(assoc->stack, assoc->settings, carrier);
    hw_extensions_write(writer, assoc->setup.offered);
    write_adaptation(writer, assoc->settings);
    if (assoc->setup.offered & HW_EXT_AUTH)
        hw_auth_write_params(&assoc->auth->own, writer);
    if (assoc->setup.preserve_ms) {
        uint8_t increment[4];
        hw_put32(increment, assoc->setup.preserve_ms);
        hw_write_param(writer, HW_PARAM_COOKIE_PRESERVATIVE, (struct hawser_span){increment, sizeof increment});
    }
    hw_write_end(writer, chunk);
}

/* RFC 4895 6.1: the association is aborted. */
static bool random_wrong(hawser *stack, const struct hw_packet *packet, const struct hw_offer *offer, uint32_t offered) {
    if (!(offered & HW_EXT_AUTH) || !offer->random_wrong)
        return false;
    hw_answer_abort(stack, packet, offer->init.tag, false, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
    return true;
}

void hw_init_ack_answer(hawser *stack, const struct hw_packet *packet, const struct hw_offer *offer, struct hw_cookie *cookie,
                        const struct hw_settings *settings, const struct hawser_address *locals, unsigned local_count) {
    uint64_t extension = offer->preserve_ms < HW_COOKIE_EXTENSION_MS_MAX ? offer->preserve_ms : HW_COOKIE_EXTENSION_MS_MAX;
    cookie->made = stack->now;
    cookie->life_ms = (uint32_t)((uint64_t)settings->value[HAWSER_SET_COOKIE_LIFE] / 1000 + extension);
    cookie->peer_tag = offer->init.tag;
    cookie->peer_tsn = offer->init.tsn;
    cookie->peer_rwnd = offer->init.a_rwnd;
    cookie->peer_streams_out = offer->init.streams_out;
    cookie->peer_streams_in = offer->init.streams_in;
    if (cookie->streams_out > offer->init.streams_in) /* 3.3.3: the OS of an INIT ACK is at most the peer's MIS */
        cookie->streams_out = offer->init.streams_in;
    uint32_t offered = hw_extensions_of(stack, settings, packet->carrier);
    if (random_wrong(stack, packet, offer, offered))
        return;
    cookie->extensions = hw_extensions_agree(offered, offer->extensions);
    cookie->adapted = offer->adapted;
    cookie->adaptation = offer->adaptation;
    cookie->primary = offer->primary;
    if (!hw_auth_heard(offer, &cookie->peer))
        cookie->extensions &= ~(uint32_t)HW_EXT_AUTH;
    cookie->port = packet->header.destination_port;
    cookie->peer_port = packet->header.source_port;
    cookie->remote = packet->remote;
    cookie->local = packet->local;
    cookie->address_count = offer->address_count;
    memcpy(cookie->addresses, offer->addresses, sizeof offer->addresses);

    struct hw_writer writer;
    if (!hw_answer_begin(stack, packet, offer->init.tag, &writer))
        return;
    uint8_t *chunk = hw_write_chunk_begin(&writer, HW_INIT_ACK, 0);
    write_fixed(&writer, cookie->tag, settings, cookie->streams_out, cookie->tsn);
    write_addresses(&writer, locals, local_count, settings, &packet->remote, offer);
    hw_extensions_write(&writer, offered);
    write_adaptation(&writer, settings);
    if (cookie->extensions & HW_EXT_AUTH)
        hw_auth_write_params(&cookie->own, &writer);
    uint8_t *param = hw_write_param_begin(&writer, HW_PARAM_COOKIE);
    hw_cookie_write(stack, cookie, &writer);
    hw_write_end(&writer, param);
    for (unsigned i = 0; i < offer->unknown_count; i++)
        if (hw_writer_room(&writer) >= HW_TLV_SIZE + hw_pad4(offer->unknown[i].whole.size))
            hw_write_param(&writer, HW_PARAM_UNRECOGNIZED, offer->unknown[i].whole);
    hw_write_end(&writer, chunk);
    hw_answer_end(stack, &writer);
}

/* ---- INIT comes ------------------------------------------------------------------------------------------------ */

/* Mandatory values that may not be so (3.3.2, 3.3.3). */
static bool values_wrong(const struct hw_init *init) { return !init->streams_out || !init->streams_in; }

/* Refuses with an ABORT that carries the Initiate Tag (5.1); no association changes. */
static void refuse(hawser *stack, const struct hw_packet *packet, const struct hw_offer *offer, uint16_t code,
                   struct hawser_span information) {
    hw_answer_abort(stack, packet, offer->init.tag, false, code, information);
}

static bool backlog_full(hawser *stack, const struct hw_endpoint *endpoint) {
    if (endpoint->arrival_count < endpoint->backlog)
        return false;
    HW_COUNT(stack, BacklogFull);
    return true;
}

/* The endpoint uses addresses of this family (settings ipv4 and ipv6). */
static bool speaks(const struct hw_endpoint *endpoint, uint8_t family) {
    return family == HAWSER_ROUTE || endpoint->settings->value[family == HAWSER_IPV4 ? HAWSER_SET_IPV4 : HAWSER_SET_IPV6];
}

static void init_fresh(hawser *stack, struct hw_packet *packet, struct hw_offer *offer) {
    struct hw_endpoint *endpoint = hw_endpoint_for(stack, packet->header.destination_port, &packet->local);
    if (!endpoint || !endpoint->backlog || !speaks(endpoint, packet->remote.family)) {
        HW_COUNT(stack, OutOfBlues);
        if (!hw_foreign_port(stack, packet))
            refuse(stack, packet, offer, 0, hw_nothing); /* 8.4 rule 3 */
        return;
    }
    uint32_t offered = hw_extensions_of(stack, endpoint->settings, packet->carrier);
    if (hw_extensions_unsafe(endpoint->settings, offered, offer)) {
        refuse(stack, packet, offer, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
        return;
    }
    if (backlog_full(stack, endpoint)) {
        refuse(stack, packet, offer, HW_CAUSE_OUT_OF_RESOURCE, hw_nothing);
        return;
    }
    uint64_t peer = hw_peer_key(stack, packet->header.destination_port, packet->header.source_port, &packet->remote);
    struct hw_cookie cookie = {.tag = hw_tag_draw(stack, peer),
                               .tsn = hw_random32(stack),
                               .streams_out = (uint16_t)endpoint->settings->value[HAWSER_SET_STREAMS_OUT]};
    if (offer->extensions & HW_EXT_AUTH)
        hw_auth_say(stack, endpoint->settings, &endpoint->required, offered, &cookie.own);
    struct hawser_address locals[HW_LOCALS_MAX];
    hw_init_ack_answer(stack, packet, offer, &cookie, endpoint->settings, locals, hw_endpoint_addresses(stack, endpoint, locals));
}

void hw_init_received(hawser *stack, struct hw_packet *packet, const struct hw_tlv *chunk) {
    struct hw_offer offer = {.address_count = 0};
    if (!hw_init_parse(&offer.init, chunk) || offer.init.tag == 0) {
        hw_packet_drop(stack, packet, HAWSER_COUNT_Malformed);
        return;
    }
    HW_COUNT(stack, InCtrlChunks);
    hw_offer_read(stack, &offer, &packet->remote);
    if (offer.init.a_rwnd < HW_RWND_MIN || values_wrong(&offer.init))
        refuse(stack, packet, &offer, HW_CAUSE_INVALID_PARAMETER, hw_nothing);
    else if (offer.host_name)
        refuse(stack, packet, &offer, HW_CAUSE_UNRESOLVABLE_ADDRESS, offer.bad.whole);
    else if (offer.broken)
        refuse(stack, packet, &offer, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
    else {
        struct hw_assoc *assoc = hw_find_by_init(stack, packet, offer.init.params, &packet->path);
        if (assoc)
            hw_init_unexpected(assoc, packet, &offer);
        else
            init_fresh(stack, packet, &offer);
    }
}

/* ---- INIT ACK comes -------------------------------------------------------------------------------------------- */

static void set_streams(struct hw_assoc *assoc, uint16_t streams_out, uint16_t peer_streams_out, uint16_t peer_streams_in) {
    uint16_t most = (uint16_t)hw_setting(assoc, HAWSER_SET_STREAMS_IN_MAX);
    assoc->send.stream_count = streams_out < peer_streams_in ? streams_out : peer_streams_in; /* 5.1.1 */
    assoc->streams_in = peer_streams_out < most ? peer_streams_out : most;
    hw_sendq_fail(&assoc->send, assoc->send.stream_count, false, 0); /* what was queued for a stream that there is not */
    hw_inbox_check(assoc);
}

/* Paths to the addresses that the peer lists. Without memory for one, it is not used. One of a family that we have no address of
 * is silent until there is one, if ours may change: the peer will speak from it as soon as it knows of that. */
static void add_paths(struct hw_assoc *assoc, const struct hawser_address *addresses, unsigned count, uint16_t udp_port) {
    for (unsigned i = 0; i < count; i++) {
        struct hawser_address address = addresses[i];
        bool on = hw_setting(assoc, address.family == HAWSER_IPV4 ? HAWSER_SET_IPV4 : HAWSER_SET_IPV6) != 0;
        address.udp_port = udp_port;
        if (on && (hw_locals_reach(assoc, address.family) || (assoc->extensions & HW_EXT_ASCONF)))
            hw_path_add(assoc, &address, NULL, false);
    }
}

/* RFC 5061 5.4: advice that is taken if both sides speak of addresses at all. */
static void prefer_address(struct hw_assoc *assoc, const struct hawser_address *address) {
    const struct hw_path *path = assoc->extensions & HW_EXT_ASCONF ? hw_path_by_address(assoc, address) : NULL;
    if (path)
        assoc->primary = path->index;
}

/* The peer cannot be accepted: it is told with its own tag, and the attempt ends. */
static void give_up(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_offer *offer, uint16_t code,
                    struct hawser_span information) {
    refuse(assoc->stack, packet, offer, code, information);
    hw_assoc_end(assoc, HAWSER_END_REFUSED, code, hw_nothing);
}

static bool acceptable(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_offer *offer) {
    static const uint8_t no_cookie[6] = {0, 0, 0, 1, 0, HW_PARAM_COOKIE}; /* one is missing: the State Cookie (3.3.10.2) */
    if (offer->init.a_rwnd < HW_RWND_MIN) {
        refuse(assoc->stack, packet, offer, HW_CAUSE_INVALID_PARAMETER, hw_nothing); /* 3.3.3: and no state changes */
        return false;
    }
    if (values_wrong(&offer->init))
        give_up(assoc, packet, offer, HW_CAUSE_INVALID_PARAMETER, hw_nothing);
    else if (offer->host_name)
        give_up(assoc, packet, offer, HW_CAUSE_UNRESOLVABLE_ADDRESS, offer->bad.whole);
    else if (offer->broken)
        give_up(assoc, packet, offer, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
    else if (offer->random_wrong && (assoc->setup.offered & HW_EXT_AUTH))
        give_up(assoc, packet, offer, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing); /* RFC 4895 6.1 */
    else if (hw_extensions_unsafe(assoc->settings, assoc->setup.offered, offer)) /* RFC 5061 6: without a word */
        hw_assoc_end(assoc, HAWSER_END_REFUSED, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
    else if (!offer->cookie.size)
        give_up(assoc, packet, offer, HW_CAUSE_MISSING_PARAMETER, (struct hawser_span){no_cookie, sizeof no_cookie});
    return !hw_assoc_over(assoc);
}

static bool keep_cookie(struct hw_assoc *assoc, struct hawser_span cookie) {
    hw_release(&assoc->account, assoc->setup.cookie, assoc->setup.cookie_size);
    assoc->setup.cookie = hw_allocate(&assoc->account, cookie.size);
    assoc->setup.cookie_size = assoc->setup.cookie ? (uint32_t)cookie.size : 0;
    if (assoc->setup.cookie)
        memcpy(assoc->setup.cookie, cookie.data, cookie.size);
    return assoc->setup.cookie != NULL;
}

/* Times the exchange if it was not repeated (6.3.1 C5). */
static void time_exchange(struct hw_assoc *assoc, struct hw_path *path) {
    if (assoc->setup.timed)
        hw_path_measured(path, assoc->stack->now - assoc->setup.sent_at);
    assoc->setup.timed = false;
}

static void t1_start(struct hw_assoc *assoc) {
    assoc->timers[HW_T1] = assoc->stack->now + assoc->paths[assoc->init_path]->rto;
}

void hw_init_ack_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    struct hw_offer offer = {.address_count = 0};
    if (!hw_init_parse(&offer.init, chunk)) {
        hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_Malformed);
        return;
    }
    if (offer.init.tag == 0) { /* 3.3.3: an ABORT with the T bit */
        hw_answer_abort(assoc->stack, packet, packet->header.tag, true, HW_CAUSE_INVALID_PARAMETER, hw_nothing);
        hw_assoc_end(assoc, HAWSER_END_REFUSED, HW_CAUSE_INVALID_PARAMETER, hw_nothing);
        return;
    }
    hw_offer_read(assoc->stack, &offer, &packet->remote);
    if (!acceptable(assoc, packet, &offer) || !hw_locals_learn(assoc, &packet->local) || !keep_cookie(assoc, offer.cookie))
        return; /* without memory: as if it had not come, T1 asks again */
    struct hw_path *path = assoc->paths[packet->path];
    time_exchange(assoc, path);
    path->error_count = 0;
    assoc->peer_tag = offer.init.tag;
    assoc->setup.heard_at = assoc->stack->now;
    assoc->extensions = hw_extensions_agree(assoc->setup.offered, offer.extensions);
    hw_extensions_settle(assoc);
    struct hw_auth_vector said;
    if (!hw_auth_heard(&offer, &said))
        assoc->extensions &= ~(uint32_t)HW_EXT_AUTH;
    hw_auth_agree(assoc, assoc->auth ? &assoc->auth->own : NULL, &said); /* nothing is allocated: the INIT offered it */
    assoc->fragment_rwnd = offer.init.a_rwnd;
    hw_fragment_changed(assoc);
    assoc->send.told_rwnd = assoc->send.peer_rwnd = offer.init.a_rwnd;
    set_streams(assoc, assoc->init_streams_out, offer.init.streams_out, offer.init.streams_in);
    hw_receive_start(&assoc->receive, offer.init.tsn, assoc->streams_in);
    hw_paths_keep(assoc, &packet->remote, offer.addresses, offer.address_count); /* 5.1.2 A, C: no others are the peer's */
    add_paths(assoc, &packet->remote, 1, packet->remote.udp_port);
    add_paths(assoc, offer.addresses, offer.address_count, packet->remote.udp_port);
    packet->path = path->index;
    hw_paths_list(assoc);
    hw_asconf_start(assoc, assoc->setup.initial_tsn, offer.init.tsn, assoc->setup.sent_at);
    assoc->adapted = offer.adapted;
    assoc->adaptation = offer.adaptation;
    prefer_address(assoc, &offer.primary);
    for (unsigned i = 0; i < offer.unknown_count; i++)
        hw_echo_error(assoc, packet->path, HW_CAUSE_UNRECOGNIZED_PARAMETERS, offer.unknown[i].whole);
    hw_assoc_set_state(assoc, HAWSER_COOKIE_ECHOED);
    assoc->init_path = packet->path;
    assoc->setup.retries = 0;
    assoc->owed = HW_OWE_COOKIE_ECHO;
    t1_start(assoc);
}

/* ---- T1, stale cookies ----------------------------------------------------------------------------------------- */

void hw_setup_start(struct hw_assoc *assoc) {
    assoc->owed = HW_OWE_INIT;
    t1_start(assoc);
}

/* INIT and COOKIE ECHO are repeated over all confirmed addresses in turn (5.1). */
static void next_init_path(struct hw_assoc *assoc) {
    for (unsigned i = 1; i <= assoc->path_count; i++) {
        uint8_t index = (uint8_t)((assoc->init_path + i) % assoc->path_count);
        if (assoc->paths[index]->state != HAWSER_PATH_UNCONFIRMED) {
            assoc->init_path = index;
            return;
        }
    }
}

void hw_t1_expired(struct hw_assoc *assoc) {
    assoc->setup.timed = false;
    if (++assoc->setup.retries > (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_INIT_RETRANS)) {
        hw_assoc_end(assoc, HAWSER_END_NO_ANSWER, 0, hw_nothing);
        return;
    }
    hw_path_back_off(assoc->paths[assoc->init_path]);
    next_init_path(assoc);
    if (assoc->state == HAWSER_COOKIE_ECHOED)
        hw_mark_outstanding(assoc, -1); /* DATA that went with the cookie goes with it again */
    assoc->owed = assoc->state == HAWSER_COOKIE_WAIT ? HW_OWE_INIT : HW_OWE_COOKIE_ECHO;
    t1_start(assoc);
}

void hw_stale_cookie_received(struct hw_assoc *assoc) {
    if (++assoc->setup.stale > HW_STALE_COOKIES_MAX) {
        hw_assoc_end(assoc, HAWSER_END_STALE_COOKIE, HW_CAUSE_STALE_COOKIE, hw_nothing);
        return;
    }
    /* 5.2.6, third way: the round trip and no more than a second beyond it. Same tag, same initial TSN. */
    hawser_time trip = assoc->setup.timed ? assoc->stack->now - assoc->setup.sent_at : 0;
    assoc->setup.preserve_ms = (uint32_t)(trip / 1000 < 60000 ? trip / 1000 : 60000) + 1000;
    assoc->setup.timed = false;
    assoc->setup.retries = 0;
    hw_mark_outstanding(assoc, -1);
    hw_assoc_set_state(assoc, HAWSER_COOKIE_WAIT);
    assoc->peer_tag = 0;
    assoc->extensions &= ~(uint32_t)HW_EXT_AUTH; /* whoever answers the INIT has no key yet */
    hw_setup_start(assoc);
}

void hw_stale_cookie_answer(hawser *stack, const struct hw_packet *packet, const struct hw_cookie *cookie) {
    HW_COUNT(stack, StaleCookies);
    hawser_time late = stack->now - cookie->made - (hawser_time)cookie->life_ms * 1000;
    struct hw_writer writer;
    if (!hw_answer_begin(stack, packet, cookie->peer_tag, &writer))
        return;
    uint8_t measure[4];
    hw_put32(measure, late < UINT32_MAX ? (uint32_t)late : UINT32_MAX);
    uint8_t *chunk = hw_write_chunk_begin(&writer, HW_ERROR, 0);
    hw_write_param(&writer, HW_CAUSE_STALE_COOKIE, (struct hawser_span){measure, sizeof measure});
    hw_write_end(&writer, chunk);
    hw_answer_end(stack, &writer);
}

/* ---- established ----------------------------------------------------------------------------------------------- */

void hw_setup_established(struct hw_assoc *assoc) {
    hawser *stack = assoc->stack;
    assoc->timers[HW_T1] = HAWSER_NEVER;
    assoc->owed &= ~(uint32_t)(HW_OWE_INIT | HW_OWE_COOKIE_ECHO);
    assoc->error_count = 0;
    assoc->receive.partial = assoc->extensions & HW_EXT_PARTIAL;
    hw_release(&assoc->account, assoc->setup.cookie, assoc->setup.cookie_size);
    assoc->setup.cookie = NULL;
    assoc->setup.cookie_size = 0;
    if (!assoc->since) {
        assoc->since = stack->now ? stack->now : 1;
        if (assoc->outgoing)
            HW_COUNT_OF(assoc, ActiveEstabs);
        else
            HW_COUNT_OF(assoc, PassiveEstabs);
        hw_event_up(assoc);
    }
    if (assoc->auth)
        assoc->auth->none_due = !(assoc->extensions & HW_EXT_AUTH);
    if (assoc->auth && assoc->auth->none_due)
        hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_KEY]);
    if (assoc->adapted)
        hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_ADAPTATION]);
    assoc->adapted = false;
    hw_assoc_set_state(assoc, assoc->closing ? HAWSER_SHUTDOWN_PENDING : HAWSER_ESTABLISHED);
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->flight) /* DATA went with the COOKIE ECHO: from now on T3 watches over it */
            assoc->paths[i]->t3 = stack->now + assoc->paths[i]->rto;
    hw_reconfig_start(assoc);
    hw_heartbeat_start(assoc);
    hw_asconf_established(assoc);
    hw_close_progress(assoc);
}

void hw_cookie_acked(struct hw_assoc *assoc) {
    struct hw_path *path = assoc->paths[assoc->init_path];
    time_exchange(assoc, path);
    path->error_count = 0;
    hw_setup_established(assoc);
}

bool hw_setup_from_cookie(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_cookie *cookie) {
    struct hawser_address remote = cookie->remote;
    if (hw_address_same(&remote, &packet->remote))
        remote.udp_port = packet->remote.udp_port; /* a NAT may have changed it since */
    (void)hw_locals_learn(assoc, &cookie->local); /* the peer had an INIT ACK from there; without memory it is just not listed */
    struct hw_path *path = hw_path_add(assoc, &remote, &cookie->local, true); /* 5.4 rule 2 */
    if (!path)
        return false;
    assoc->primary = assoc->data_path = assoc->init_path = path->index;
    assoc->extensions = cookie->extensions;
    hw_extensions_settle(assoc);
    add_paths(assoc, cookie->addresses, cookie->address_count, remote.udp_port);
    assoc->peer_tag = cookie->peer_tag;
    assoc->setup.heard_at = cookie->made;
    hw_asconf_start(assoc, assoc->setup.initial_tsn, cookie->peer_tsn, cookie->made);
    assoc->adapted = cookie->adapted;
    assoc->adaptation = cookie->adaptation;
    prefer_address(assoc, &cookie->primary);
    if (!hw_auth_agree(assoc, &cookie->own, &cookie->peer))
        return false;
    assoc->fragment_rwnd = cookie->peer_rwnd;
    hw_fragment_changed(assoc);
    set_streams(assoc, cookie->streams_out, cookie->peer_streams_out, cookie->peer_streams_in);
    hw_receive_start(&assoc->receive, cookie->peer_tsn, assoc->streams_in);
    return true;
}

static bool from_listed_address(const struct hw_packet *packet, const struct hw_cookie *cookie) {
    if (hw_address_same(&packet->remote, &cookie->remote))
        return true;
    for (unsigned i = 0; i < cookie->address_count; i++)
        if (hw_address_same(&packet->remote, &cookie->addresses[i]))
            return true;
    return false;
}

static void arrive(struct hw_endpoint *endpoint, struct hw_assoc *assoc) {
    hw_list_append(&endpoint->arrivals, &assoc->arrival_link);
    endpoint->arrival_count++;
    if (!endpoint->object.told) {
        endpoint->object.told = true;
        hw_object_ready(assoc->stack, &endpoint->object, HAWSER_READABLE);
    }
}

/* Our address that the peer knows: the one that its INIT came to, if the carrier could tell. */
static const struct hawser_address *local_of(const struct hw_packet *packet, const struct hw_cookie *cookie) {
    return cookie->local.family != HAWSER_NONE ? &cookie->local : &packet->local;
}

/* The INIT ACK came from an address that has gone since. */
static void leave_cookies_local(struct hw_assoc *assoc, const struct hawser_address *local) {
    bool gone = local->family != HAWSER_NONE && !hw_local_there(assoc, local);
    if (gone && hw_local_add(assoc, local, HW_LOCAL_USABLE)) /* the peer was told of it */
        hw_local_left(assoc, local);
}

static struct hw_assoc *accept_cookie(hawser *stack, struct hw_endpoint *endpoint, struct hw_packet *packet,
                                      const struct hw_cookie *cookie) {
    struct hw_assoc *assoc = hw_assoc_create(stack, endpoint, cookie->peer_port, endpoint->object.user);
    if (!assoc)
        return NULL;
    assoc->tag = cookie->tag;
    assoc->setup.initial_tsn = cookie->tsn;
    hw_send_start(&assoc->send, cookie->tsn, cookie->peer_rwnd, 0);
    if (!hw_locals_set(assoc, endpoint, cookie->made, local_of(packet, cookie), &cookie->remote, 1) ||
        !hw_setup_from_cookie(assoc, packet, cookie) || !hw_assoc_list(assoc)) {
        hw_assoc_free(assoc);
        return NULL;
    }
    struct hw_path *path = hw_path_by_address(assoc, &packet->remote);
    packet->path = assoc->reply_path = assoc->sack_path = path ? path->index : assoc->primary;
    assoc->owed = HW_OWE_COOKIE_ACK;
    arrive(endpoint, assoc); /* before anything of its own is told */
    hw_setup_established(assoc);
    leave_cookies_local(assoc, &cookie->local);
    return assoc;
}

/* Of the address that it comes to, or else of the one that its INIT came to: they may differ. */
static struct hw_assoc *find_for_cookie(hawser *stack, struct hw_packet *packet, const struct hw_cookie *cookie) {
    const struct hawser_address *locals[] = {&packet->local, &cookie->local};
    unsigned local_count = cookie->local.family == HAWSER_NONE ? 1 : 2;
    uint16_t port = cookie->port, peer_port = cookie->peer_port;
    struct hw_assoc *assoc = NULL;
    for (unsigned i = 0; !assoc && i < local_count; i++) {
        assoc = hw_find_by_peer(stack, port, peer_port, &packet->remote, locals[i], &packet->path);
        if (!assoc)
            assoc = hw_find_by_peer(stack, port, peer_port, &cookie->remote, locals[i], &packet->path);
        for (unsigned j = 0; !assoc && j < cookie->address_count; j++)
            assoc = hw_find_by_peer(stack, port, peer_port, &cookie->addresses[j], locals[i], &packet->path);
    }
    return assoc;
}

struct hw_assoc *hw_cookie_echo_received(hawser *stack, struct hw_packet *packet, const struct hw_tlv *chunk) {
    struct hw_cookie cookie;
    const struct hw_header *header = &packet->header;
    HW_COUNT(stack, InCtrlChunks);
    if (!hw_cookie_read(stack, &cookie, chunk->value) || cookie.port != header->destination_port ||
        cookie.peer_port != header->source_port || cookie.tag != header->tag || !from_listed_address(packet, &cookie)) {
        hw_packet_drop(stack, packet, HAWSER_COUNT_BadCookies); /* 5.1.5, 2 and 3 */
        return NULL;
    }
    bool stale = stack->now - cookie.made > (hawser_time)cookie.life_ms * 1000;
    struct hw_assoc *assoc = find_for_cookie(stack, packet, &cookie);
    struct hw_endpoint *endpoint = hw_endpoint_for(stack, cookie.port, local_of(packet, &cookie)); /* that it was made for */
    static const struct hw_keys none;
    if (!assoc && hw_packet_has(packet, HW_ABORT)) {
        hw_packet_drop(stack, packet, HAWSER_COUNT_OutOfBlues); /* 8.4 rule 2 goes before 4 */
        return NULL;
    }
    if (!hw_auth_cookie(stack, assoc, endpoint ? &endpoint->keys : &none, packet, &cookie))
        return NULL;
    if (assoc)
        return hw_cookie_unexpected(assoc, packet, &cookie, stale);
    if (stale) {
        hw_stale_cookie_answer(stack, packet, &cookie); /* 5.1.5, 4 */
        return NULL;
    }
    uint64_t peer = hw_peer_key(stack, cookie.port, cookie.peer_port, &cookie.remote);
    if (endpoint && !hw_endpoint_has(endpoint, &packet->local))
        hw_packet_drop(stack, packet, HAWSER_COUNT_BadCookies);
    else if (hw_table_find(&stack->by_tag, cookie.tag)) /* of an association whose addresses have changed since (RFC 5061) */
        hw_packet_drop(stack, packet, HAWSER_COUNT_Unexpected);
    else if (!endpoint || !endpoint->backlog || hw_tag_spent(stack, peer, cookie.tag, cookie.peer_tag, cookie.made))
        hw_answer_abort(stack, packet, cookie.peer_tag, false, 0, hw_nothing);
    else if (backlog_full(stack, endpoint) || !(assoc = accept_cookie(stack, endpoint, packet, &cookie)))
        hw_answer_abort(stack, packet, cookie.peer_tag, false, HW_CAUSE_OUT_OF_RESOURCE, hw_nothing);
    if (assoc && packet->authenticated)
        hw_auth_proved(assoc, packet);
    return assoc;
}
