/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a name visible, and what the compiler may check about a call. */
#ifndef VLLMPLAN_EXPORT_H
#define VLLMPLAN_EXPORT_H

#if defined(VLLMPLAN_STATIC)
#define VLLMPLAN_API
#elif defined(_WIN32)
#if defined(VLLMPLAN_BUILDING)
#define VLLMPLAN_API __declspec(dllexport)
#else
#define VLLMPLAN_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define VLLMPLAN_API __attribute__((visibility("default")))
#else
#define VLLMPLAN_API
#endif

#if defined(__GNUC__)
#define VLLMPLAN_MUST_CHECK __attribute__((warn_unused_result))
#else
#define VLLMPLAN_MUST_CHECK
#endif

#endif
