/* SPDX-License-Identifier: Apache-2.0 */
#include <vllmplan/version.h>

uint32_t vllmplan_version(void) { return VLLMPLAN_VERSION; }

const char *vllmplan_version_string(void) { return VLLMPLAN_VERSION_STRING; }
