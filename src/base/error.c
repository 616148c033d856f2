/* SPDX-License-Identifier: MIT
 *
 * Names and sentences of the error codes, from the one list in <hawser/types.h>.
 */
#include <hawser/types.h>

const char *hawser_error_text(int error) {
    switch (error) {
    case HAWSER_OK:
        return "success";
#define TEXT(name, number, text) \
    case HAWSER_ERR_##name: \
        return text;
        HAWSER_ERRORS(TEXT)
#undef TEXT
    default:
        return "unknown error";
    }
}

const char *hawser_error_name(int error) {
    switch (error) {
    case HAWSER_OK:
        return "OK";
#define NAME(name, number, text) \
    case HAWSER_ERR_##name: \
        return #name;
        HAWSER_ERRORS(NAME)
#undef NAME
    default:
        return "UNKNOWN";
    }
}
