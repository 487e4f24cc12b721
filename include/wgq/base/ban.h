/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that this project does without, as compile errors that name the replacement (after git's
 * banned.h). The build includes this header in every source file (meson.build, -include). */
#pragma once

/* The declarations have to be seen before the names are taken. */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef alloca
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef system
#undef popen
#define strcpy(...)   banned_strcpy_use_buf_str_or_memcpy()
#define strcat(...)   banned_strcat_use_buf_str()
#define strncpy(...)  banned_strncpy_use_buf_mem_or_memcpy()
#define strncat(...)  banned_strncat_use_buf_mem()
#define sprintf(...)  banned_sprintf_use_buf_addf_or_snprintf()
#define vsprintf(...) banned_vsprintf_use_buf_addv_or_vsnprintf()
#define system(...)   banned_system_use_proc_run()
#define popen(...)    banned_popen_use_proc_run()
#define alloca(...)   banned_alloca_use_mem_calloc()
