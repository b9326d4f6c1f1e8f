#pragma once

/// Exchanges two paths in one step, so that neither is missing at any moment. Returns 0 or an error number.
int files_exchange(const char *first, const char *second);

/// Writes everything of the file system that `descriptor` lies on to the disk. Returns 0 or an error number.
int files_sync_all(int descriptor);

/// Allocates room behind the end of the file of `descriptor`, which stays as long as it is. Returns 0 or an error number.
int files_allocate_behind(int descriptor, long long bytes);
