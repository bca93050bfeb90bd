/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes and the one error struct. A plan that does not fit is an answer, not an error. */
#ifndef VLLMPLAN_STATUS_H
#define VLLMPLAN_STATUS_H

#include <stdint.h>

#include <vllmplan/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers are written out, never reused and never renumbered. New ones may appear in a minor
 * release; treat an unknown negative number as a failure. */
#define VLLMPLAN_OK 0
/** No memory. Nothing was returned. */
#define VLLMPLAN_E_NO_MEMORY (-1)
/** A NULL that is not allowed, a handle of another kind, a flag bit that does not exist. */
#define VLLMPLAN_E_MISUSE (-2)
/** The caller's error struct has a size that this library cannot serve. */
#define VLLMPLAN_E_ABI (-3)
/** Text that is not JSON, or not UTF-8. */
#define VLLMPLAN_E_SYNTAX (-10)
/** A member has another type than the contract says. */
#define VLLMPLAN_E_TYPE (-11)
/** A key that does not exist (see "lenient"), or a key given twice. */
#define VLLMPLAN_E_UNKNOWN_KEY (-12)
/** A number or text outside of what is allowed. */
#define VLLMPLAN_E_RANGE (-13)
/** A required member is not there. */
#define VLLMPLAN_E_MISSING (-14)
/** A pointer that leads nowhere in this plan, or to a withheld (null) figure. */
#define VLLMPLAN_E_NO_SUCH_FIGURE (-15)
/** A GPU, release, setting, method or topic that is not known. The nearest known one is named. */
#define VLLMPLAN_E_UNKNOWN_NAME (-20)
/** A name that fits several things; the message lists them. */
#define VLLMPLAN_E_AMBIGUOUS (-21)
/** A file or directory that does not exist or may not be read. */
#define VLLMPLAN_E_NOT_FOUND (-30)
/** Files that are there but are not a model that vLLM could load, or are damaged. */
#define VLLMPLAN_E_CHECKPOINT (-31)
/** Reading failed part-way. */
#define VLLMPLAN_E_IO (-32)
/** Larger, deeper or longer than the documented limits. */
#define VLLMPLAN_E_LIMIT (-40)
/** A figure above 2^53-1. */
#define VLLMPLAN_E_OVERFLOW (-41)
/** The request needs files, devices or the environment, and the call does not allow them. */
#define VLLMPLAN_E_NOT_ALLOWED (-50)
/** A part of the contract that this version does not have. */
#define VLLMPLAN_E_UNSUPPORTED (-51)
/** A fault of the library. Please report it. */
#define VLLMPLAN_E_INTERNAL (-90)

/** What went wrong. The caller owns it and sets struct_size to sizeof(vllmplan_error) before the
 *  call; the rest is written on failure only. A NULL pointer is allowed wherever one is taken. */
typedef struct vllmplan_error {
    uint32_t struct_size; /**< in: sizeof(vllmplan_error) */
    int32_t code;         /**< one of VLLMPLAN_E_* */
    char path[256];       /**< JSON pointer into the request, such as "/gpus/0/count"; "" = whole */
    char message[768];    /**< one line, plain words, UTF-8, NUL-terminated */
} vllmplan_error;

/** A static initialiser: vllmplan_error err = VLLMPLAN_ERROR_INIT; */
#define VLLMPLAN_ERROR_INIT                                                                                  \
    {                                                                                                        \
        (uint32_t)sizeof(vllmplan_error), 0, {0}, { 0 }                                                      \
    }

/** The name of a status such as "VLLMPLAN_E_RANGE"; "VLLMPLAN_E_?" for an unknown number. Lives as
 *  long as the library is loaded; never NULL. Since 0.1. */
VLLMPLAN_API const char *vllmplan_status_name(int32_t code);

#ifdef __cplusplus
}
#endif

#endif
