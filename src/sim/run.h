/* SPDX-License-Identifier: MIT
 *
 * What the files of an experiment share: a run, its conversations (the associations with an application at each end) and the
 * flows of messages between them. A run sees both ends at once, as no real program can: that is what makes its oracles strict.
 */
#ifndef HW_SIM_RUN_H
#define HW_SIM_RUN_H

#include <hawser/check.h>
#include <hawser/sim.h>
#include <stdbool.h>
#include <string.h>

/* ---- flows ---------------------------------------------------------------------------------------------------- */

/* The PPID of message 0: beyond those that are assigned, or Wireshark would take the contents for some protocol's. */
#define FIRST_PPID 0x10000u

/* What is known of a message by its number alone. */
struct message {
    uint32_t number;
    uint32_t size, flags; /* HAWSER_SEND_ */
    uint16_t stream;
    bool lent, parted, bare_end, mortal, spread;
    uint32_t policy, value; /* enum hawser_policy */
};

enum fate {
    FATE_DELIVERED = 1, /* whole */
    FATE_REPORTED = 2,  /* given back as failed */
    FATE_EXCUSED = 4,   /* nobody can tell: an end of it crashed while it was on its way */
    FATE_BEGUN = 8,     /* some of it was delivered */
    FATE_ABORTED = 32, /* some of it was delivered, and the rest will never be */
    FATE_NEVER = 16     /* given back as never begun: it must not arrive any more */
};

struct entry {
    hawser_time time; /* when send took it; once it is delivered: how long that took */
    uint32_t got;     /* bytes delivered so far */
    uint8_t fate;
};

/* One direction of a conversation. */
struct flow {
    struct run *run;
    const struct hawser_sim_flow *spec;
    uint64_t key;  /* of its contents */
    uint32_t next; /* number of the next message to send; so many were accepted */
    uint32_t delivered, reported, excused;
    struct entry *entries; /* by number */
    uint32_t capacity;
    uint32_t *ssns;     /* for each stream: the next one of an ordered message (reconfiguring.c) */
    uint32_t *expected; /* for each stream: one more than the last ordered number delivered on it */
    uint64_t bytes;
    hawser_time last; /* delivery */
};

int hw_flow_init(struct flow *flow, struct run *run, const struct hawser_sim_flow *spec, uint64_t key);
void hw_flow_free(struct flow *flow);
struct message hw_flow_message(const struct flow *flow, uint32_t number);
/* Writes the bytes of the message from `offset` on. */
void hw_flow_fill(const struct flow *flow, uint32_t number, size_t offset, uint8_t *out, size_t size);
bool hw_flow_verify(const struct flow *flow, uint32_t number, size_t offset, const uint8_t *data, size_t size);
/* Send took the next message, or its first part. False: no memory. */
bool hw_flow_accepted(struct flow *flow);
/* The receiver took `size` bytes of the item; complains about all that is not as it must be. */
void hw_flow_took(struct flow *flow, const struct hawser_item *item, size_t size);
/* The sender got the message back. */
void hw_flow_returned(struct flow *flow, const struct hawser_item *item);
/* What was accepted and has no fate yet may be lost: an end crashed. */
void hw_flow_excuse(struct flow *flow);
/* How many have no fate. */
uint32_t hw_flow_missing(const struct flow *flow);

/* ---- conversations -------------------------------------------------------------------------------------------- */

/* Tells hawser_next's pointers apart. */
enum owner_kind { OWNER_ENDPOINT = 1, OWNER_SIDE };

struct endpoint {
    enum owner_kind kind;
    hawser_id id;
    int host;
};

struct side {
    enum owner_kind kind;
    struct conversation *conversation;
    int host;
    struct endpoint endpoint; /* of its own, if it has one */
    struct flow *out, *in;
    hawser_id id; /* 0: none */
    bool up, ended, ever;
    uint32_t reason;
    bool closing;          /* shutdown, abort or close was called, or the peer closes: no more is sent */
    bool blocked;          /* send said WOULD_BLOCK */
    bool knocking;         /* the run's timer for this side is set */
    hawser_time knock;     /* when */
    hawser_time next_send; /* for an interval */
    uint32_t part;         /* of message out->next - 1: bytes accepted with HAWSER_SEND_MORE; 0: none is begun */
    double appetite;       /* of a slow reader: bytes it may take */
    hawser_time fed;       /* when that was reckoned */
    uint32_t refusals;     /* NO_MEMORY in a row */
    bool fidgeting;        /* the next restless call is planned */
    bool reconfiguring;    /* ... and the next reset or addition of streams */
    uint32_t outcomes_due; /* of those that were asked for */
    uint32_t resets_out, resets_in;
    uint64_t keys_free;    /* keys of AUTH that it has given up, a bit for each */
    uint64_t chunks;       /* DATA chunks sent when it was last seen to move, or to have no reason to */
    hawser_time moved;     /* when that was */
};

struct conversation {
    struct run *run;
    uint32_t number;
    bool ending; /* the end has been called for */
    struct side sides[2];
    struct flow flows[2];
};

/* A deed on its way. */
struct errand {
    struct run *run;
    const struct hawser_sim_deed *deed;
    uint32_t number;
};

struct run {
    const struct hawser_sim_plan *plan;
    struct hawser_sim_result *result;
    hawser_sim *sim;
    struct hawser_sim_dice dice; /* the applications' */
    hawser_time start, last_event, sample_at;
    struct conversation *conversations;
    struct endpoint listeners[2];
    struct hawser_address addresses[HAWSER_SIM_PATHS_MAX][2]; /* inside of any NAT */
    struct hawser_address outside[HAWSER_SIM_PATHS_MAX];      /* of host 0 */
    int links[HAWSER_SIM_PATHS_MAX];
    bool gone[HAWSER_SIM_PATHS_MAX][2]; /* the host does not have the address now (plan->moving) */
    bool unsaid[HAWSER_SIM_PATHS_MAX][2]; /* ... and it may have said otherwise in an INIT ACK */
    uint64_t baseline[2]; /* bytes of each stack before anything happened */
    uint64_t loans;       /* buffers that are out */
    struct errand errands[HAWSER_SIM_DEEDS_MAX];
    uint32_t pending_deeds;
    uint32_t restarts;
    bool over; /* everything has ended: nothing may begin */
    uint64_t messages, bytes;
    uint8_t *scratch;
    size_t scratch_size;
    uint32_t ghosts; /* associations that arrived although their conversation was over */
    bool giving_up;  /* want of memory, and nothing moves any more */
    bool complained;
};

/* Notes the first thing that is wrong. */
__attribute__((format(printf, 2, 3))) void hw_run_complain(struct run *run, const char *format, ...);
/* Memory trouble is part of the plan: calls may fail with NO_MEMORY. */
static inline bool hw_run_short_of_memory(const struct run *run) {
    return run->plan->fail_at != 0 || run->plan->fail_chance != 0;
}
/* Ceilings are part of the plan: send may say NO_MEMORY for a while. */
static inline bool hw_run_tight(const struct run *run) {
    bool tight = run->plan->memory_max != 0;
    for (uint32_t i = 0; i < run->plan->setting_count; i++)
        tight |= run->plan->settings[i].setting == HAWSER_SET_MEMORY_MAX;
    return tight || hw_run_short_of_memory(run);
}
static inline hawser *hw_run_stack(struct run *run, int host) {
    return hawser_sim_stack(run->sim, host);
}
static inline hawser_time hw_run_now(struct run *run, int host) {
    return hawser_sim_host_now(run->sim, host);
}

/* ---- applications (talk.c) ------------------------------------------------------------------------------------ */

/* Opens what host needs to connect and to be connected to. */
bool hw_talk_open(struct run *run, int host);
/* Starts the association of the side. */
void hw_talk_connect(struct side *side);
/* hawser_next said so. */
void hw_talk_ready(struct run *run, int host, const struct hawser_ready *ready);
/* Sends, reads and ends as far as it goes now. */
void hw_talk_go_on(struct side *side);
/* The end of the plan, for this side. */
void hw_talk_end(struct side *side);
void hw_talk_abort(struct side *side);
/* Plans the next restless call (fidget.c). */
void hw_fidget(struct side *side);
/* The host crashed: all that it knew is gone. */
void hw_talk_forget(struct run *run, int host);
/* Has the conversation come to its end on both sides? */
bool hw_talk_finished(const struct conversation *conversation);

/* ---- addresses that come and go (moving.c) ---------------------------------------------------------------------- */

/* The machine tells the stack. */
void hw_moving_told(struct run *run, int host, uint32_t path, bool gone);
/* The packet has a source and a destination that there are. */
bool hw_moving_carries(struct run *run, const struct hawser_sim_packet *packet);
/* All that was told has been told to the other side by now. */
void hw_moving_judge(struct run *run);

/* ---- streams that are reset and added (reconfiguring.c) ----------------------------------------------------------- */

/* Plans the side's next request. */
void hw_reconfigure(struct side *side);
/* A message is about to be taken; an outcome was told. */
void hw_reconfigure_message(struct side *side, const struct hawser_item *item);
void hw_reconfigure_outcome(struct side *side, const struct hawser_item *item);
/* The side has a new association. */
void hw_reconfigure_anew(struct side *side);
/* All that was asked for has come about or not by now. */
void hw_reconfigure_judge(struct run *run);
/* ---- keys (keys.c) ------------------------------------------------------------------------------------------------ */

void hw_keys_begin(struct run *run, int host, hawser_id endpoint);
void hw_keys_change(struct run *run, const struct hawser_sim_deed *deed);
void hw_keys_told(struct side *side, const struct hawser_item *item);
void hw_keys_watch(struct run *run, const struct hawser_sim_packet *packet);
void hw_keys_judge(struct run *run, int host);

/* ---- samples (sample.c) --------------------------------------------------------------------------------------- */

/* The plan's path on which the host reaches that address; -1: none. */
int hw_run_path(const struct run *run, int host, const struct hawser_address *remote);
/* Takes the samples that are due before `until`, which is not after the next event. */
void hw_sample(struct run *run, hawser_time until);

/* ---- oracles (oracle.c, patience.c) --------------------------------------------------------------------------- */

/* Settings and counters of the two stacks before anything happened. */
void hw_oracle_begin(struct run *run, int host);
/* Looks at the limits, and `deeply` at everything else that must hold at any time. */
void hw_oracle_watch(struct run *run, bool deeply);
/* Before the next event, at `when`: whether anything should have happened in the meantime. */
void hw_oracle_wait(struct run *run, hawser_time when);
/* The round-trip times of an association's paths. */
void hw_oracle_times(struct side *side, uint32_t path_count);
/* After all associations have ended. */
void hw_oracle_ended(struct run *run);
/* After the endpoints were closed and time has passed. */
void hw_oracle_quiet(struct run *run);
/* Reads the counters of a stack that is about to go. */
void hw_oracle_count(struct run *run, int host);
/* Fills in what the result says of the whole. */
void hw_oracle_measure(struct run *run);

#endif
