#pragma once
#include <sys/types.h>

/// Starts this program again in a session of its own, in `folder`, with its output appended to `log` and nothing else
/// open; it goes on ignoring SIGUSR1 and SIGUSR2. Returns 0 or an error number.
int process_spawn(pid_t *pid, const char *folder, const char *log, char *const arguments[], char *const variables[]);

/// Starts a program in a session of its own, in `folder`, with its output going to the open file `log` and nothing
/// else open. Returns 0 or an error number.
int process_start(pid_t *pid, const char *folder, int log, char *const arguments[], char *const variables[]);

/// A descriptor that means this process and never a later one with its number; -1 with `errno` where there is none.
int process_open(pid_t pid);

/// Sends a signal to the process that a descriptor means. Returns 0 or an error number.
int process_signal(int process, int signal);

/// Starts a program with `terminal`, a pseudo-terminal's path, as its controlling terminal.
/// Returns 0 or an error number.
int process_spawn_on_terminal(pid_t *pid, const char *terminal, char *const arguments[], char *const variables[]);

/// Starts a program in a session of its own, without a terminal and without input; what it prints can be read from
/// `output` and `errors`. Returns 0 or an error number.
int process_spawn_piped(pid_t *pid, const char *folder, char *const arguments[], char *const variables[], int *output,
                        int *errors);

/// Starts a program in a session of its own, without a terminal, with `size` bytes as its input; what it prints goes
/// nowhere, and what it complains of can be read from `errors`. Returns 0 or an error number.
int process_spawn_fed(pid_t *pid, const char *folder, const char *input, size_t size, char *const arguments[],
                      char *const variables[], int *errors);

/// Whether the program that listens on `port` has accepted the connection that comes from the port `from`, both on the
/// loopback address: the kernel takes connections for a program that does nothing any more. 1 yes (or it is closed
/// again), 0 not yet, -1 where the kernel does not tell; see sock_diag(7).
int process_is_accepted(int port, int from);

/// How many words this process was called with, its own name among them, and one of those, from 0 on. Swift's own
/// search for them goes wrong where a preloaded library has set an environment variable before.
int process_word_count(void);
const char *process_word(int index);

/// Takes the descriptors 0 to 2 where nobody gave them, so that no file that is opened later gets the place of standard
/// output; what is written there fails.
void process_reserve_standard_descriptors(void);

/// Writes to standard output, through its buffer. Returns 0 or an error number.
int process_print(const char *bytes, size_t count);

/// Writes what is left in standard output's buffer. Returns 0 or an error number.
int process_flush(void);

/// Has standard output written line by line, also where it is no terminal.
void process_write_by_line(void);

/// Opens a pseudo-terminal of that size; its other end's path goes to `path`. Returns a descriptor, or -1.
int process_open_terminal(int width, int height, char *path, int capacity);

/// Has few heaps instead of one a thread, so that memory that was given back is used again.
void process_share_heaps(void);

/// Gives memory that is not used any more back to the system.
void process_trim_memory(void);

/// Sends a datagram to a Unix socket, without waiting for whoever reads there; a name that begins with @ is in the
/// abstract namespace, see unix(7). Returns 0 or an error number.
int socket_tell(const char *name, const char *bytes, size_t count);

/// Listens at an address of IPv4 or, with a colon in it, of IPv6, for connections that are not waited for. The port that
/// it got goes to `port`, where 0 was asked for. Returns a descriptor, or -1 with `errno`.
int socket_listen_on(const char *address, unsigned short *port);

/// Listens at a Unix socket in the file system, which its owner and group may connect to. What a process left there that
/// is no more is taken away first; anything else that is there is left, with EADDRINUSE.
int socket_listen_at(const char *path);

/// Takes a connection. Returns a descriptor that is not waited for, or -1 with `errno`.
int socket_accept(int listening);
