/* SPDX-License-Identifier: MIT
 *
 * The settings: one table in the public header, one place that checks a value. Endpoints and associations share a block of values
 * until one of them changes something.
 */
#include "core/assoc.h"

static const struct hawser_setting_info table[HAWSER_SETTING_COUNT] = {
#define ROW(NAME, name, number, unit, min, max, standard, scope, section)                                                        \
    {number, #name, unit, scope, section, min, max, standard},
    HAWSER_SETTINGS(ROW)
#undef ROW
};

const struct hawser_setting_info *hawser_setting_info(int row) {
    return row >= 0 && row < HAWSER_SETTING_COUNT ? &table[row] : NULL;
}

const struct hawser_setting_info *hawser_setting_by_number(int number) {
    for (unsigned row = 0; row < HAWSER_SETTING_COUNT; row++)
        if (table[row].number == number)
            return &table[row];
    return NULL;
}

struct hw_settings *hw_settings_standard(struct hw_account *account) {
    struct hw_settings *settings = hw_allocate(account, sizeof *settings);
    if (!settings)
        return NULL;
    memset(settings, 0, sizeof *settings);
    settings->users = 1;
    for (unsigned i = 0; i < HAWSER_SETTING_COUNT; i++)
        settings->value[table[i].number] = table[i].standard;
    return settings;
}

struct hw_settings *hw_settings_share(struct hw_settings *settings) {
    settings->users++;
    return settings;
}

void hw_settings_drop(struct hw_account *account, struct hw_settings *settings) {
    if (settings && --settings->users == 0)
        hw_release(account, settings, sizeof *settings);
}

/* RFC 7829 5 1: PSMR is not less than PFMR, or than Path.Max.Retrans if that comes first; anything else is refused. */
static bool thresholds_fit(const struct hw_settings *settings, const struct hw_path *path, int setting, int64_t value) {
    int64_t most = path ? path->path_max_retrans : settings->value[HAWSER_SET_PATH_MAX_RETRANS],
            failing = path ? path->pf_threshold : settings->value[HAWSER_SET_PF_THRESHOLD],
            primary = path ? path->switchover : settings->value[HAWSER_SET_PRIMARY_SWITCHOVER];
    if (setting == HAWSER_SET_PF_THRESHOLD)
        failing = value;
    else if (setting == HAWSER_SET_PRIMARY_SWITCHOVER)
        primary = value;
    else
        return true;
    return primary >= (failing < most ? failing : most);
}

/* Writes to a block of one's own. */
static int change(hawser *stack, struct hw_settings **settings, int setting, int64_t value) {
    if (!thresholds_fit(*settings, NULL, setting, value))
        return HAWSER_ERR_RANGE;
    if ((*settings)->value[setting] == value)
        return 0;
    if ((*settings)->users > 1) {
        struct hw_settings *own = hw_allocate(&stack->account, sizeof *own);
        if (!own)
            return HAWSER_ERR_NO_MEMORY;
        *own = **settings;
        own->users = 1;
        hw_settings_drop(&stack->account, *settings);
        *settings = own;
    }
    (*settings)->value[setting] = value;
    return 0;
}

/* A path's own copy of a setting of scope P. */
static void path_apply(struct hw_path *path, int setting, int64_t value) {
    switch (setting) {
    case HAWSER_SET_PATH_MAX_RETRANS:
        path->path_max_retrans = (uint32_t)value;
        break;
    case HAWSER_SET_PF_THRESHOLD:
        path->pf_threshold = (uint32_t)value;
        break;
    case HAWSER_SET_PRIMARY_SWITCHOVER:
        path->switchover = (uint32_t)value;
        break;
    case HAWSER_SET_HB_INTERVAL:
        path->hb_interval = (hawser_time)value;
        hw_heartbeat_schedule(path);
        break;
    case HAWSER_SET_HB_ENABLED:
        path->hb_enabled = value != 0;
        hw_heartbeat_schedule(path);
        break;
    case HAWSER_SET_PATH_MTU:
        hw_pmtu_set_estimate(path, (uint32_t)value);
        break;
    case HAWSER_SET_PMTU_DISCOVERY:
        path->pmtu.on = value != 0;
        hw_pmtu_start(path);
        break;
    case HAWSER_SET_MTU_MAX:
        hw_pmtu_set_max(path, (uint32_t)value);
        break;
    case HAWSER_SET_DSCP:
        if (path->dscp != (uint8_t)value)
            hw_path_rerouted(path); /* RFC 9260 7.2.5.1 */
        path->dscp = (uint8_t)value;
        break;
    case HAWSER_SET_UDP_PORT:
        hw_path_set_port(path, (uint16_t)value);
        break;
    default:
        break;
    }
}

static int64_t path_value(const struct hw_path *path, int setting, int64_t otherwise) {
    switch (setting) {
    case HAWSER_SET_PATH_MAX_RETRANS: return path->path_max_retrans;
    case HAWSER_SET_PF_THRESHOLD: return path->pf_threshold;
    case HAWSER_SET_PRIMARY_SWITCHOVER: return path->switchover;
    case HAWSER_SET_HB_INTERVAL: return (int64_t)path->hb_interval;
    case HAWSER_SET_HB_ENABLED: return path->hb_enabled;
    case HAWSER_SET_PATH_MTU: return path->mtu;
    case HAWSER_SET_PMTU_DISCOVERY: return path->pmtu.on;
    case HAWSER_SET_MTU_MAX: return path->pmtu.ceiling;
    case HAWSER_SET_DSCP: return path->dscp;
    case HAWSER_SET_UDP_PORT: return path->remote.udp_port;
    default: return otherwise;
    }
}

static int set_primary(struct hw_assoc *assoc, int64_t number) {
    struct hw_path *path = hw_path_by_number(assoc, (uint32_t)number);
    if (!path)
        return HAWSER_ERR_PATH;
    assoc->primary = assoc->data_path = path->index;
    return 0;
}

static int set_assoc(struct hw_assoc *assoc, uint32_t path_number, const struct hawser_setting_info *info, int64_t value) {
    int setting = info->number;
    if (hw_assoc_over(assoc))
        return HAWSER_ERR_STATE;
    if (info->scope[0] == 'E' || info->scope[0] == 'S')
        return HAWSER_ERR_READ_ONLY;
    if (path_number && info->scope[0] != 'P')
        return HAWSER_ERR_ARGUMENT;
    if (setting == HAWSER_SET_PRIMARY)
        return set_primary(assoc, value);
    if (path_number) {
        struct hw_path *path = hw_path_by_number(assoc, path_number);
        if (!path)
            return HAWSER_ERR_PATH;
        if (!thresholds_fit(assoc->settings, path, setting, value))
            return HAWSER_ERR_RANGE;
        path_apply(path, setting, value);
        return 0;
    }
    int64_t before = hw_setting(assoc, setting);
    int error = change(assoc->stack, &assoc->settings, setting, value);
    if (!error && setting == HAWSER_SET_SCHEDULER && (error = hw_sched_change(&assoc->send, (int)value)) != 0)
        change(assoc->stack, &assoc->settings, setting, before); /* in a block of one's own now: it cannot fail */
    if (error)
        return error;
    if (setting == HAWSER_SET_MEMORY_MAX)
        assoc->account.max = (uint64_t)value - sizeof *assoc;
    if (setting == HAWSER_SET_PARTIAL_DELIVERY)
        assoc->receive.partial_point = value ? (uint32_t)value : assoc->receive.limit / 2;
    if (info->scope[0] == 'P')
        for (unsigned i = 0; i < assoc->path_count; i++)
            path_apply(assoc->paths[i], setting, value);
    return 0;
}

int hawser_set(hawser *stack, hawser_time now, hawser_id id, uint32_t path, int setting, int64_t value) {
    hw_now(stack, now);
    const struct hawser_setting_info *info = hawser_setting_by_number(setting);
    if (!info)
        return HAWSER_ERR_OPTION;
    if (value < info->min || value > info->max)
        return HAWSER_ERR_RANGE;
    if (id == 0)
        return path ? HAWSER_ERR_ARGUMENT : change(stack, &stack->settings, setting, value);
    struct hw_object *object = hw_object_find(stack, id);
    if (!object)
        return HAWSER_ERR_GONE;
    if (object->kind == HW_KIND_ENDPOINT && info->scope[0] == 'S')
        return HAWSER_ERR_READ_ONLY;
    if (object->kind == HW_KIND_ENDPOINT)
        return path || setting == HAWSER_SET_PRIMARY
                   ? HAWSER_ERR_ARGUMENT
                   : change(stack, &HW_OWNER(object, struct hw_endpoint, object)->settings, setting, value);
    struct hw_assoc *assoc = hw_assoc_of(object);
    int error = set_assoc(assoc, path, info, value);
    if (!error) {
        hw_fragment_changed(assoc);
        hw_writable_check(assoc);
        hw_assoc_touch(assoc);
    }
    return error;
}

int hawser_get(hawser *stack, hawser_id id, uint32_t path, int setting, int64_t *value) {
    if (!value)
        return HAWSER_ERR_ARGUMENT;
    if (!hawser_setting_by_number(setting))
        return HAWSER_ERR_OPTION;
    struct hw_object *object = id ? hw_object_find(stack, id) : NULL;
    if (id && !object)
        return HAWSER_ERR_GONE;
    if (!object || object->kind == HW_KIND_ENDPOINT) {
        struct hw_settings *settings = object ? HW_OWNER(object, struct hw_endpoint, object)->settings : stack->settings;
        *value = settings->value[setting];
        return path ? HAWSER_ERR_ARGUMENT : 0;
    }
    struct hw_assoc *assoc = hw_assoc_of(object);
    *value = hw_setting(assoc, setting);
    if (setting == HAWSER_SET_PRIMARY && assoc->path_count)
        *value = assoc->paths[assoc->primary]->number;
    if (path) {
        struct hw_path *found = hw_path_by_number(assoc, path);
        if (!found)
            return HAWSER_ERR_PATH;
        *value = path_value(found, setting, *value);
    }
    return 0;
}

/* ---- streams --------------------------------------------------------------------------------------------------- */

/* The association, if it is there and has the stream. */
static int find_stream(hawser *stack, hawser_id id, uint16_t stream, struct hw_assoc **assoc) {
    *assoc = hw_assoc_find(stack, id);
    if (!*assoc)
        return HAWSER_ERR_GONE;
    const struct hw_send *send = &(*assoc)->send;
    return stream < (send->stream_count ? send->stream_count : (*assoc)->init_streams_out) ? 0 : HAWSER_ERR_STREAM;
}

int hawser_set_stream_value(hawser *stack, hawser_id id, uint16_t stream, uint16_t value) {
    struct hw_assoc *assoc;
    int error = find_stream(stack, id, stream, &assoc);
    if (error)
        return error;
    if (hw_assoc_over(assoc))
        return HAWSER_ERR_STATE;
    return hw_sched_set_value(&assoc->send, stream, value) ? 0 : HAWSER_ERR_NO_MEMORY;
}

int hawser_get_stream_value(hawser *stack, hawser_id id, uint16_t stream, uint16_t *value) {
    struct hw_assoc *assoc;
    if (!value)
        return HAWSER_ERR_ARGUMENT;
    int error = find_stream(stack, id, stream, &assoc);
    if (!error)
        *value = hw_sched_value(&assoc->send, stream);
    return error;
}
