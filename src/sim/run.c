/* SPDX-License-Identifier: MIT
 *
 * A run: builds the world that the plan asks for, lets its time pass, does the plan's deeds, and asks the oracles.
 */
#include "run.h"
#include <stdarg.h>
#include <stdlib.h>

#define UDP_PORT       9899u   /* RFC 6951 */
#define CHECK_EVERY    1024u   /* events between two looks at everything */
#define LIMITS_EVERY   32u     /* ... at the limits */
#define QUIET          100000u /* microseconds without an event: a look as well */
#define PROGRESS_EVERY 65536u
#define PATIENCE       ((hawser_time)600000000) /* for stacks that are short of memory */
#define LINGER         ((hawser_time)300000000) /* so long may farewells take: more than a few RTO.Max */

void hw_run_complain(struct run *run, const char *format, ...) {
    if (run->complained)
        return;
    run->complained = true;
    run->result->failed = 1;
    char *out = run->result->complaint;
    size_t size = sizeof run->result->complaint;
    int length = 0;
    if (run->sim)
        length = snprintf(out, size, "at %.6f s: ", (double)(hawser_sim_now(run->sim) - run->start) / 1e6);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + length, size - (size_t)length, format, arguments);
    va_end(arguments);
}

/* ---- building ------------------------------------------------------------------------------------------------- */

static struct hawser_address make_address(const struct hawser_sim_plan *plan, uint32_t path, int host) {
    struct hawser_address address;
    memset(&address, 0, sizeof address);
    address.family = plan->mixed && path % 2 ? (plan->family == HAWSER_IPV4 ? HAWSER_IPV6 : HAWSER_IPV4) : plan->family;
    address.udp_port = plan->plain || plan->family == HAWSER_ROUTE ? 0 : UDP_PORT;
    if (address.family == HAWSER_ROUTE) {
        address.route = (uint64_t)(host + 1) * 1000 + path;
    } else if (address.family == HAWSER_IPV4) {
        uint8_t ip[4] = {10, (uint8_t)(host + 1), (uint8_t)path, 1};
        memcpy(address.ip, ip, sizeof ip);
    } else {
        address.ip[0] = 0xfd;
        address.ip[5] = (uint8_t)(host + 1);
        address.ip[7] = (uint8_t)path;
        address.ip[15] = 1;
    }
    return address;
}

/* What the NAT before host 0 shows on the path; each `rebinding` is another one. */
static struct hawser_address nat_address(const struct run *run, uint32_t path, bool other_address, uint32_t rebinding) {
    struct hawser_address address = run->addresses[path][0];
    if (address.family == HAWSER_IPV4)
        address.ip[3] = (uint8_t)(100 + (other_address ? rebinding : 0));
    else
        address.ip[15] = (uint8_t)(100 + (other_address ? rebinding : 0));
    address.udp_port = (uint16_t)(40000 + path * 100 + rebinding);
    return address;
}

static bool build_path(struct run *run, uint32_t path) {
    const struct hawser_sim_plan *plan = run->plan;
    bool route = plan->family == HAWSER_ROUTE;
    for (int host = 0; host < 2; host++) {
        run->addresses[path][host] = make_address(plan, path, host);
        if (!route && hawser_sim_add_address(run->sim, host, &run->addresses[path][host]))
            return false;
    }
    run->outside[path] = run->addresses[path][0];
    if (plan->nat && !route) {
        run->outside[path] = nat_address(run, path, false, 0);
        if (hawser_sim_nat(run->sim, 0, &run->addresses[path][0], &run->outside[path]))
            return false;
    }
    unsigned bits = run->addresses[path][0].family == HAWSER_IPV4 ? 24 : 64;
    run->links[path] = hawser_sim_join(run->sim, 0, &run->addresses[path][0], bits, 1, &run->addresses[path][1], bits);
    for (int direction = 0; direction < 2 && run->links[path] >= 0; direction++)
        *hawser_sim_link(run->sim, run->links[path], direction) = plan->links[path][direction];
    return run->links[path] >= 0;
}

static void report_addresses(struct run *run, int host) {
    for (uint32_t i = 0; i < run->plan->paths; i++) {
        if (run->gone[i][host])
            continue;
        struct hawser_report report = HAWSER_INIT(report);
        report.kind = HAWSER_REPORT_ADDRESS_UP;
        report.local = run->addresses[i][host];
        hawser_report(hw_run_stack(run, host), hw_run_now(run, host), &report);
    }
}

/* A stack and its endpoints. False: it has none, for want of memory. */
static bool start_host(struct run *run, int host) {
    const struct hawser_sim_plan *plan = run->plan;
    int error = hawser_sim_start(run->sim, host);
    if (error) {
        if (!hw_run_short_of_memory(run))
            hw_run_complain(run, "host %d: no stack: %s", host, hawser_error_text(error));
        return false;
    }
    if (plan->wildcard && plan->family != HAWSER_ROUTE)
        report_addresses(run, host);
    for (uint32_t i = 0; i < plan->setting_count; i++) {
        const struct hawser_sim_setting *s = &plan->settings[i];
        if (s->host >= 0 && s->host != host)
            continue;
        error = hawser_set(hw_run_stack(run, host), hw_run_now(run, host), 0, 0, s->setting, s->value);
        if (error && !hw_run_short_of_memory(run))
            hw_run_complain(run, "host %d: setting %d to %lld: %s", host, s->setting, (long long)s->value,
                            hawser_error_text(error));
    }
    return hw_talk_open(run, host);
}

static bool build_conversations(struct run *run) {
    const struct hawser_sim_plan *plan = run->plan;
    run->conversations = calloc(plan->associations, sizeof *run->conversations);
    if (!run->conversations)
        return false;
    bool built = true;
    for (uint32_t i = 0; i < plan->associations; i++) {
        struct conversation *conversation = &run->conversations[i];
        conversation->run = run;
        conversation->number = i;
        for (int host = 0; host < 2; host++) {
            struct side *side = &conversation->sides[host];
            built &= hw_flow_init(&conversation->flows[host], run, &plan->flows[host], plan->seed + 2 * i + (uint64_t)host) == 0;
            side->kind = OWNER_SIDE;
            side->conversation = conversation;
            side->host = host;
            side->out = &conversation->flows[host];
            side->in = &conversation->flows[!host];
        }
    }
    return built;
}

static void on_ready(void *user, int host, const struct hawser_ready *ready) {
    hw_talk_ready(user, host, ready);
}

static int on_packet(void *user, const struct hawser_sim_packet *packet) {
    struct run *run = user;
    hw_keys_watch(run, packet);
    if (run->plan->moving && !hw_moving_carries(run, packet))
        return 0;
    return !run->plan->filter || run->plan->filter(run->plan->user, packet);
}

static void on_trace(void *user, int host, const struct hawser_trace_record *record) {
    const struct run *run = user;
    run->plan->trace(run->plan->user, host, record);
}

static bool build(struct run *run) {
    const struct hawser_sim_plan *plan = run->plan;
    struct hawser_sim_hooks hooks = {.user = run,
                                  .ready = on_ready,
                                  .filter = on_packet,
                                  .trace = plan->trace ? on_trace : NULL};
    struct hawser_options options = HAWSER_INIT(options);
    options.memory_max = plan->memory_max;
    if (!plan->associations || plan->associations > 20000 || !plan->paths || plan->paths > HAWSER_SIM_PATHS_MAX) {
        hw_run_complain(run, "a plan needs 1 to 20000 associations and 1 to %d paths", HAWSER_SIM_PATHS_MAX);
        return false;
    }
    run->sim = hawser_sim_new(plan->seed, &hooks);
    bool built = run->sim != NULL;
    for (int host = 0; built && host < 2; host++) {
        built = hawser_sim_add_host(run->sim, &options) == host;
        if (built)
            *hawser_sim_habits(run->sim, host) = plan->habits[host];
    }
    for (uint32_t path = 0; built && path < plan->paths; path++)
        built = build_path(run, path);
    if (!built || !build_conversations(run)) {
        hw_run_complain(run, "the world could not be built");
        return false;
    }
    run->start = run->sample_at = hawser_sim_now(run->sim);
    hawser_sim_dice_seed(&run->dice, plan->seed ^ 0x6170706c69636174u);
    if (plan->fail_at) {
        hawser_sim_ledger(run->sim, plan->fail_host)->fail_at = plan->fail_at;
        hawser_sim_ledger(run->sim, plan->fail_host)->fail_forever = plan->fail_forever;
    }
    for (int host = 0; host < 2; host++)
        hawser_sim_ledger(run->sim, host)->fail_chance = plan->fail_chance;
    for (int host = 0; host < 2; host++)
        if (start_host(run, host) || hw_run_stack(run, host))
            hw_oracle_begin(run, host);
    return !run->complained;
}

/* ---- deeds ---------------------------------------------------------------------------------------------------- */

static void set_cut(struct run *run, const struct hawser_sim_deed *deed, int cut) {
    for (int direction = 0; direction < 2; direction++)
        if (deed->value & 1u << direction)
            hawser_sim_link(run->sim, run->links[deed->which], direction)->cut = cut;
}

static void rebind(struct run *run, const struct errand *errand) {
    uint32_t path = errand->deed->which;
    run->outside[path] = nat_address(run, path, errand->deed->kind == HAWSER_SIM_NAT_ADDRESS, errand->number + 1);
    hawser_sim_nat(run->sim, 0, &run->addresses[path][0], &run->outside[path]);
}

static void come_back(void *user) {
    struct errand *errand = user;
    struct run *run = errand->run;
    int host = (int)errand->deed->which;
    run->pending_deeds--;
    if (!start_host(run, host))
        return;
    hw_oracle_begin(run, host);
    for (uint32_t i = 0; i < run->plan->associations; i++)
        hw_talk_connect(&run->conversations[i].sides[host]);
}

static void crash(struct run *run, struct errand *errand) {
    int host = (int)errand->deed->which;
    hw_oracle_count(run, host);
    hw_talk_forget(run, host);
    hawser_sim_stop(run->sim, host);
    run->restarts++;
    hawser_sim_at(run->sim, hawser_sim_now(run->sim) + errand->deed->value, come_back, errand);
}

/* What the machine tells the stack of its addresses and routes. */
static void tell(struct run *run, const struct hawser_sim_deed *deed) {
    static const uint32_t kinds[] = {HAWSER_REPORT_ADDRESS_DOWN, HAWSER_REPORT_ADDRESS_UP, HAWSER_REPORT_ROUTE_CHANGED,
                                     HAWSER_REPORT_ROUTE_LOST};
    struct hawser_report report = HAWSER_INIT(report);
    int host = (int)deed->which;
    bool route = run->plan->family == HAWSER_ROUTE;
    report.kind = kinds[deed->kind - HAWSER_SIM_ADDRESS_DOWN];
    report.local = run->addresses[deed->value][host];
    report.remote = route ? report.local : host ? run->outside[deed->value] : run->addresses[deed->value][1];
    if (deed->kind == HAWSER_SIM_ADDRESS_DOWN || deed->kind == HAWSER_SIM_ADDRESS_UP)
        hw_moving_told(run, host, (uint32_t)deed->value, deed->kind == HAWSER_SIM_ADDRESS_DOWN);
    if (hw_run_stack(run, host))
        hawser_report(hw_run_stack(run, host), hw_run_now(run, host), &report);
}

/* An association that has none or is over says so: no harm. */
static void reschedule(struct run *run, const struct hawser_sim_deed *deed) {
    int host = (int)deed->which;
    hawser *stack = hw_run_stack(run, host);
    for (uint32_t i = 0; stack && i < run->plan->associations; i++) {
        struct side *side = &run->conversations[i].sides[host];
        uint32_t streams = side->out->spec->streams;
        int error = hawser_set(stack, hw_run_now(run, host), side->id, 0, HAWSER_SET_SCHEDULER, (int64_t)deed->value);
        for (unsigned k = 0; !error && k < 4; k++) {
            uint16_t stream = (uint16_t)hawser_sim_dice_below(&run->dice, streams ? streams : 1);
            error = hawser_set_stream_value(stack, side->id, stream, (uint16_t)hawser_sim_dice_below(&run->dice, 9));
        }
        bool excused = error == HAWSER_ERR_STATE || error == HAWSER_ERR_STREAM || (error == HAWSER_ERR_GONE && !side->id) ||
                       (error == HAWSER_ERR_NO_MEMORY && hw_run_tight(run));
        if (error && side->id && !excused)
            hw_run_complain(run, "host %d: another scheduler: %s", host, hawser_error_text(error));
    }
}

static void do_deed(void *user) {
    struct errand *errand = user;
    struct run *run = errand->run;
    const struct hawser_sim_deed *deed = errand->deed;
    switch (deed->kind) {
    case HAWSER_SIM_CUT: set_cut(run, deed, 1); break;
    case HAWSER_SIM_HEAL: set_cut(run, deed, 0); break;
    case HAWSER_SIM_MTU:
        for (int direction = 0; direction < 2; direction++)
            hawser_sim_link(run->sim, run->links[deed->which], direction)->mtu = (uint32_t)deed->value;
        break;
    case HAWSER_SIM_NAT_PORT:
    case HAWSER_SIM_NAT_ADDRESS: rebind(run, errand); break;
    case HAWSER_SIM_RESTART: crash(run, errand); return; /* it goes on to come_back */
    case HAWSER_SIM_ADDRESS_DOWN:
    case HAWSER_SIM_ADDRESS_UP:
    case HAWSER_SIM_ROUTE_CHANGED:
    case HAWSER_SIM_ROUTE_LOST: tell(run, deed); break;
    case HAWSER_SIM_SCHEDULER: reschedule(run, deed); break;
    case HAWSER_SIM_KEY_SET:
    case HAWSER_SIM_KEY_USE: hw_keys_change(run, deed); break;
    default: hw_run_complain(run, "the plan has a deed of kind %u", deed->kind);
    }
    run->pending_deeds--;
    for (uint32_t i = 0; i < run->plan->associations; i++) /* the end may have waited for this */
        for (int host = 0; host < 2 && run->pending_deeds == 0; host++)
            hw_talk_go_on(&run->conversations[i].sides[host]);
}

static void connect_one(void *user) {
    struct conversation *conversation = user;
    hw_talk_connect(&conversation->sides[0]);
    if (conversation->run->plan->both_connect)
        hw_talk_connect(&conversation->sides[1]);
}

static void end_all(void *user) {
    struct run *run = user;
    hw_moving_judge(run);
    hw_reconfigure_judge(run);
    for (uint32_t i = 0; i < run->plan->associations; i++) {
        run->conversations[i].ending = true;
        hw_talk_end(&run->conversations[i].sides[0]);
        hw_talk_end(&run->conversations[i].sides[1]);
    }
}

static void go_on_all(void *user) {
    struct run *run = user;
    for (uint32_t i = 0; i < run->plan->associations; i++)
        for (int host = 0; host < 2; host++)
            hw_talk_go_on(&run->conversations[i].sides[host]);
}

static void schedule(struct run *run) {
    const struct hawser_sim_plan *plan = run->plan;
    run->pending_deeds = plan->deed_count;
    for (uint32_t i = 0; i < plan->deed_count; i++) {
        run->errands[i] = (struct errand){run, &plan->deeds[i], i};
        hawser_sim_at(run->sim, run->start + plan->deeds[i].at, do_deed, &run->errands[i]);
    }
    for (uint32_t i = 0; i < plan->associations; i++)
        hawser_sim_at(run->sim, run->start + plan->stagger * i, connect_one, &run->conversations[i]);
    if (plan->end_at)
        hawser_sim_at(run->sim, run->start + plan->end_at, end_all, run);
    if (plan->send_until)
        hawser_sim_at(run->sim, run->start + plan->send_until, go_on_all, run);
}

/* ---- time passes ---------------------------------------------------------------------------------------------- */

static bool all_finished(const struct run *run) {
    if (run->pending_deeds || hawser_sim_in_flight(run->sim))
        return false;
    for (uint32_t i = 0; i < run->plan->associations; i++)
        if (!hw_talk_finished(&run->conversations[i]))
            return false;
    return true;
}

static void after_event(struct run *run) {
    uint32_t every = run->plan->check_every ? run->plan->check_every : CHECK_EVERY;
    const char *wrong = hawser_sim_complaint(run->sim);
    run->result->events++;
    if (wrong)
        hw_run_complain(run, "%s", wrong);
    bool deeply = run->result->events % every == 0 || run->result->events < 64;
    hawser_time now = hawser_sim_now(run->sim);
    if (deeply || run->result->events % LIMITS_EVERY == 0 || now > run->last_event + QUIET)
        hw_oracle_watch(run, deeply);
    run->last_event = now;
    if (run->plan->progress && run->result->events % PROGRESS_EVERY == 0)
        run->plan->progress(run->plan->user, hawser_sim_now(run->sim) - run->start, run->messages, run->bytes);
}

static void give_up(void *user) {
    struct run *run = user;
    run->giving_up = true;
    for (uint32_t i = 0; i < run->plan->associations; i++)
        for (int host = 0; host < 2; host++)
            hw_talk_abort(&run->conversations[i].sides[host]);
}

static void not_over(struct run *run) {
    for (uint32_t i = 0; i < run->plan->associations; i++)
        for (int host = 0; host < 2; host++) {
            const struct side *side = &run->conversations[i].sides[host];
            struct hawser_status status = HAWSER_INIT(status);
            if (!side->id || hawser_status(hw_run_stack(run, host), side->id, &status))
                continue;
            hw_run_complain(run,
                            "it is not over: association %u at host %d is in %s, sent %u of %u, delivered %u, given back %u, "
                            "excused %u, in flight %u, queued %llu, peer_rwnd %u, a_rwnd %u, received %u",
                            i, host, hawser_state_name((int)status.state), side->out->next, side->out->spec->messages,
                            side->out->delivered, side->out->reported, side->out->excused, status.in_flight,
                            (unsigned long long)status.queued_messages, status.peer_rwnd, status.a_rwnd, side->in->delivered);
        }
    hw_run_complain(run, "it is not over, although no association lives");
}

static void pass_time(struct run *run) {
    hawser_time limit = run->start + run->plan->time_max;
    if (hw_run_short_of_memory(run))
        hawser_sim_at(run->sim, run->start + PATIENCE, give_up, run);
    while (!run->complained && !all_finished(run)) {
        hawser_time next = hawser_sim_next(run->sim);
        hw_sample(run, next);
        if (next > hawser_sim_now(run->sim) + QUIET && next <= limit)
            hw_oracle_wait(run, next);
        if (!hawser_sim_step(run->sim, limit)) {
            if (!all_finished(run))
                not_over(run);
            return;
        }
        after_event(run);
    }
}

static void close_endpoint(struct run *run, struct endpoint *endpoint, int host) {
    hawser *stack = hw_run_stack(run, host);
    if (!endpoint->id || !stack)
        return;
    int error = hawser_close(stack, hw_run_now(run, host), endpoint->id);
    if (error)
        hw_run_complain(run, "host %d: an endpoint cannot be closed: %s", host, hawser_error_text(error));
    endpoint->id = 0;
}

/* Farewells: whatever still wants to be said is said, the endpoints are closed, then there must be silence. */
static void fall_quiet(struct run *run) {
    run->over = true;
    hawser_time limit = hawser_sim_now(run->sim) + LINGER;
    uint64_t before = hawser_sim_packets(run->sim);
    while (!run->complained && hawser_sim_step(run->sim, limit))
        after_event(run);
    if (hawser_sim_packets(run->sim) > before + 64u * run->plan->associations)
        hw_run_complain(run, "%llu packets after the end of all associations",
                        (unsigned long long)(hawser_sim_packets(run->sim) - before));
    for (int host = 0; host < 2; host++) {
        close_endpoint(run, &run->listeners[host], host);
        for (uint32_t i = 0; i < run->plan->associations; i++)
            close_endpoint(run, &run->conversations[i].sides[host].endpoint, host);
        hawser_sim_pump(run->sim, host);
    }
}

static void tear_down(struct run *run) {
    if (run->sim) {
        for (int host = 0; host < 2; host++) {
            hw_oracle_count(run, host);
            run->result->allocations[host] = hawser_sim_ledger(run->sim, host)->calls;
            run->result->refused[host] = hawser_sim_ledger(run->sim, host)->failed;
        }
        hw_oracle_measure(run);
        if (!run->complained)
            hw_oracle_quiet(run);
        for (int host = 0; host < 2; host++)
            hawser_sim_stop(run->sim, host);
        const char *wrong = hawser_sim_complaint(run->sim);
        if (wrong)
            hw_run_complain(run, "%s", wrong);
        if (run->loans)
            hw_run_complain(run, "%llu lent buffers did not come back", (unsigned long long)run->loans);
    }
    for (uint32_t i = 0; run->conversations && i < run->plan->associations; i++)
        for (int host = 0; host < 2; host++)
            hw_flow_free(&run->conversations[i].flows[host]);
    hawser_sim_free(run->sim);
    free(run->conversations);
    free(run->scratch);
}

int hawser_sim_run(const struct hawser_sim_plan *plan, struct hawser_sim_result *result) {
    struct run run = {.plan = plan, .result = result};
    memset(result, 0, sizeof *result);
    if (build(&run)) {
        schedule(&run);
        pass_time(&run);
        result->end = hawser_sim_now(run.sim) - run.start;
        hw_sample(&run, hawser_sim_now(run.sim) + 1);
        if (!run.complained)
            hw_oracle_ended(&run);
        if (!run.complained)
            fall_quiet(&run);
    }
    tear_down(&run);
    return result->failed ? -1 : 0;
}
