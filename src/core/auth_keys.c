/* SPDX-License-Identifier: MIT
 *
 * The keys of AUTH (RFC 4895 6.1) and the user's calls for them (RFC 6458 8.1.18, 8.3): a key is set, made active, retired when
 * nothing new shall be sent with it, and can be deleted once nothing is. Endpoints hold keys for associations that begin later.
 */
#include "core/assoc.h"

/* ---- lists ------------------------------------------------------------------------------------------------------ */

struct hw_key *hw_key_of(const struct hw_keys *keys, uint16_t id) {
    struct hw_key *key = keys->first;
    while (key && key->id != id)
        key = key->next;
    return key;
}

bool hw_key_find(const struct hw_keys *keys, uint16_t id, const struct hw_key **key) {
    *key = hw_key_of(keys, id);
    return *key || (!keys->first && id == 0);
}

static void key_free(struct hw_account *account, struct hw_key *key) {
    if (key->secret)
        memset(key->secret, 0, key->size);
    hw_release(account, key->secret, key->size);
    hw_release(account, key, sizeof *key);
}

void hw_keys_free(struct hw_account *account, struct hw_keys *keys) {
    for (struct hw_key *key = keys->first, *next; key; key = next) {
        next = key->next;
        key_free(account, key);
    }
    *keys = (struct hw_keys){.first = NULL};
}

static bool set_secret(struct hw_account *account, struct hw_key *key, struct hawser_span secret) {
    uint8_t *copy = secret.size ? hw_allocate(account, secret.size) : NULL;
    if (secret.size && !copy)
        return false;
    hw_copy(copy, secret.data, secret.size);
    if (key->secret)
        memset(key->secret, 0, key->size);
    hw_release(account, key->secret, key->size);
    key->secret = copy;
    key->size = (uint16_t)secret.size;
    return true;
}

static struct hw_key *key_add(struct hw_account *account, struct hw_keys *keys, uint16_t id, struct hawser_span secret) {
    struct hw_key *key = hw_allocate_zeroed(account, sizeof *key);
    if (!key)
        return NULL;
    if (!set_secret(account, key, secret)) {
        hw_release(account, key, sizeof *key);
        return NULL;
    }
    key->id = id;
    key->next = keys->first;
    keys->first = key;
    keys->count++;
    return key;
}

/* The null key, which is there until it is deleted, becomes one like others. */
static bool materialise(struct hw_account *account, struct hw_keys *keys) {
    return keys->first || key_add(account, keys, 0, hw_nothing);
}

bool hw_keys_copy(struct hw_account *account, struct hw_keys *keys, const struct hw_keys *from) {
    if (!materialise(account, keys))
        return false;
    if (!from->first)
        return true;
    hw_keys_free(account, keys);
    for (const struct hw_key *key = from->first; key; key = key->next) {
        struct hw_key *copy = key_add(account, keys, key->id, (struct hawser_span){key->secret, key->size});
        if (!copy)
            return false;
        copy->retired = key->retired;
    }
    keys->active = from->active;
    return true;
}

/* ---- in use or not ---------------------------------------------------------------------------------------------- */

static void tell_free(struct hw_assoc *assoc, struct hw_key *key) {
    key->free_due = true;
    hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_KEY]);
}

void hw_auth_settle(struct hw_assoc *assoc) {
    struct hw_auth *auth = assoc->auth;
    auth->retiring = 0;
    for (struct hw_key *key = auth->keys.first; key; key = key->next) {
        if (!key->retired || !key->leaving)
            continue;
        if (key->users)
            auth->retiring++;
        else {
            key->leaving = false;
            tell_free(assoc, key);
        }
    }
}

int hw_auth_choose(struct hw_assoc *assoc, struct hawser_message *message) {
    assoc->send.key_users = NULL;
    if (!assoc->auth)
        return message->flags & HAWSER_SEND_KEY && message->key ? HAWSER_ERR_KEY : 0;
    if (!(message->flags & HAWSER_SEND_KEY))
        message->key = assoc->auth->keys.active;
    struct hw_key *key = hw_key_of(&assoc->auth->keys, message->key);
    if (!key || key->retired)
        return HAWSER_ERR_KEY;
    assoc->send.key_users = &key->users;
    return 0;
}

/* ---- what is told ----------------------------------------------------------------------------------------------- */

bool hw_auth_tell(struct hw_assoc *assoc, struct hawser_item *item) {
    struct hw_auth *auth = assoc->auth;
    if (!auth)
        return false;
    auth->told = 0;
    if (auth->none_due) {
        auth->told = HAWSER_KEY_NO_AUTH;
        auth->told_key = 0;
    }
    for (struct hw_key *key = auth->keys.first; key && !auth->told; key = key->next) {
        if (!key->new_due && !key->free_due)
            continue;
        auth->told = key->new_due ? HAWSER_KEY_NEW : HAWSER_KEY_FREE;
        auth->told_key = key->id;
    }
    item->type = HAWSER_KEY_EVENT;
    item->key.event = auth->told;
    item->key.id = auth->told_key;
    return auth->told;
}

void hw_auth_told(struct hw_assoc *assoc) {
    struct hw_auth *auth = assoc->auth;
    struct hw_key *told = hw_key_of(&auth->keys, auth->told_key); /* NULL: deleted since */
    bool more = false;
    if (auth->told == HAWSER_KEY_NO_AUTH)
        auth->none_due = false;
    else if (told && auth->told == HAWSER_KEY_NEW)
        told->new_due = false;
    else if (told)
        told->free_due = false;
    for (struct hw_key *key = auth->keys.first; key; key = key->next)
        more |= key->new_due || key->free_due;
    if (more)
        hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_KEY]);
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

/* Whose keys an id means, and one of them. */
struct key_place {
    struct hw_account *account;
    struct hw_keys *keys;
    struct hw_assoc *assoc; /* whose they are; NULL: an endpoint's */
    struct hw_key *key;     /* NULL: there is none of this number */
};

static int place_of(hawser *stack, hawser_id id, uint16_t number, struct key_place *place) {
    struct hw_object *object = hw_object_find(stack, id);
    *place = (struct key_place){.account = &stack->account};
    if (!object)
        return HAWSER_ERR_GONE;
    if (object->kind == HW_KIND_ENDPOINT)
        place->keys = &HW_OWNER(object, struct hw_endpoint, object)->keys;
    else {
        struct hw_assoc *assoc = place->assoc = hw_assoc_of(object);
        if (hw_assoc_over(assoc))
            return HAWSER_ERR_STATE;
        if (!assoc->auth)
            return HAWSER_ERR_UNSUPPORTED;
        place->account = &assoc->account;
        place->keys = &assoc->auth->keys;
    }
    if (!materialise(place->account, place->keys))
        return HAWSER_ERR_NO_MEMORY;
    place->key = hw_key_of(place->keys, number);
    return 0;
}

/* The same for a key that must be there. */
static int find_key(hawser *stack, hawser_id id, uint16_t number, struct key_place *place) {
    int error = place_of(stack, id, number, place);
    return error ? error : place->key ? 0 : HAWSER_ERR_KEY;
}

int hawser_auth_require(hawser *stack, hawser_id id, unsigned type, int on) {
    struct hw_endpoint *endpoint = hw_endpoint_find(stack, id);
    if (!endpoint)
        return HAWSER_ERR_GONE;
    if (type > UINT8_MAX || hw_auth_never(type))
        return HAWSER_ERR_ARGUMENT;
    hw_types_add(&endpoint->required, (uint8_t)type);
    if (!on)
        endpoint->required.bits[type >> 3] &= (uint8_t)~(1u << (type & 7));
    return 0;
}

int hawser_auth_set_key(hawser *stack, hawser_id id, uint16_t number, struct hawser_span secret) {
    struct key_place at;
    if (secret.size > HAWSER_SECRET_MAX || (secret.size && !secret.data))
        return HAWSER_ERR_ARGUMENT;
    int error = place_of(stack, id, number, &at);
    if (error)
        return error;
    if (!at.key) {
        if (at.keys->count == HAWSER_KEYS_MAX)
            return HAWSER_ERR_LIMIT;
        return key_add(at.account, at.keys, number, secret) ? 0 : HAWSER_ERR_NO_MEMORY;
    }
    if (!set_secret(at.account, at.key, secret))
        return HAWSER_ERR_NO_MEMORY;
    at.key->retired = at.key->leaving = at.key->heard = false; /* another key under an old number */
    return 0;
}

int hawser_auth_activate(hawser *stack, hawser_id id, uint16_t number) {
    struct key_place at;
    int error = find_key(stack, id, number, &at);
    if (error)
        return error;
    if (at.key->retired)
        return HAWSER_ERR_KEY;
    at.keys->active = number;
    return 0;
}

int hawser_auth_deactivate(hawser *stack, hawser_id id, uint16_t number) {
    struct key_place at;
    int error = find_key(stack, id, number, &at);
    if (error)
        return error;
    if (at.keys->active == number)
        return HAWSER_ERR_STATE;
    if (at.key->retired)
        return 0;
    at.key->retired = true;
    at.key->leaving = at.assoc != NULL;
    if (at.assoc)
        hw_auth_settle(at.assoc);
    return 0;
}

int hawser_auth_delete(hawser *stack, hawser_id id, uint16_t number) {
    struct key_place at;
    int error = find_key(stack, id, number, &at);
    if (error)
        return error;
    if (!at.key->retired || at.key->users)
        return HAWSER_ERR_STATE;
    struct hw_key **link = &at.keys->first;
    while (*link != at.key)
        link = &(*link)->next;
    *link = at.key->next;
    at.keys->count--;
    key_free(at.account, at.key);
    return 0;
}

int hawser_auth_status(hawser *stack, hawser_id id, struct hawser_auth_status *status) {
    struct hw_object *object = hw_object_find(stack, id);
    if (!object)
        return HAWSER_ERR_GONE;
    if (!status || status->size < sizeof *status)
        return HAWSER_ERR_ARGUMENT;
    *status = (struct hawser_auth_status){.size = status->size};
    if (object->kind == HW_KIND_ENDPOINT) {
        const struct hw_endpoint *endpoint = HW_OWNER(object, struct hw_endpoint, object);
        status->active_key = endpoint->keys.active;
        memcpy(status->required, endpoint->required.bits, sizeof status->required);
        return 0;
    }
    const struct hw_assoc *assoc = hw_assoc_of(object);
    if (!assoc->auth)
        return 0;
    status->active_key = assoc->auth->keys.active;
    if (!(assoc->extensions & HW_EXT_AUTH))
        return 0;
    status->hmac = assoc->auth->hmac;
    memcpy(status->required, assoc->auth->required.bits, sizeof status->required);
    memcpy(status->wanted, assoc->auth->wanted.bits, sizeof status->wanted);
    return 0;
}
