// A child program with one command for each behaviour that the host has to live with: delphi-child COMMAND [ARGUMENTS].
//
//   Plain.cs     echo TEXT...              prints each text as a line on standard output
//                stderr TEXT...            prints each text as a line on standard error
//                args ARG...               prints each argument as a line of JSON text
//                env                       prints the environment, one NAME=VALUE a line, sorted
//                cwd                       prints the working directory
//                exit CODE                 exits with a code
//                stdin-cat                 copies standard input to standard output
//                result-file TEXT          writes a text to the file named by DELPHI_RESULT_FILE
//                record CODE [ARG...]      prints one JSON line {args, env, cwd, stdin} in one write, and exits with a code
//   Output.cs    flood BYTES               writes lines of 100 bytes, as fast as it can
//                long-line BYTES           writes one line of x without an end
//                partial-line TEXT         writes a text without a line end, then waits for a signal
//                lines COUNT               writes numbered lines to both streams in turn: out 0, err 1, ...
//                progress COUNT            writes numbers that overwrite one another by \r
//                invalid-utf8              writes bytes that are no UTF-8
//                ansi                      writes escape sequences, control characters and a forged log line
//                nul COUNT                 writes NUL bytes, and "end" in the same line
//                forge                     writes log lines of another job behind everything that could begin a line
//                burst COUNT               prints its id and numbered lines in one write, and exits
//                secret-split NAME         writes a variable's value in two writes, the second a moment later
//                secret-base64 NAME        writes a variable's value in base64
//   Waiting.cs   wait                      prints "ready" and waits for a signal
//                sleep-until-file FILE     prints "ready" and waits until a file exists
//                ignore-term               ignores TERM, INT and HUP, prints "ready" and waits
//                trap-term CODE            on TERM prints "trapped" and exits with a code; prints "ready" first
//                stop-itself               sends SIGSTOP to itself
//                end-first-thread          ends its first thread alone, prints "ready" and lives on
//   Family.cs    hold-pipe SECONDS         leaves a grandchild that holds standard output, and exits with 0
//                leave-behind              leaves a grandchild with no pipes in its group, prints its id, and exits with 5
//   Hostile.cs   escape                    leaves a process in a session of its own, without a parent
//                escape-unmarked           the same, with an empty environment
//                daemonize                 leaves a process in a session of its own that ignores signals
//                fork-bomb                 starts processes until that fails, prints "stopped at N", and exits with 3
//                zombies                   has eight children that have ended, prints "ready" and waits
//                eat-memory                takes memory until that fails, prints "stopped at N MiB", and exits with 3
//                burn-cpu                  uses a processor without end; prints "burnt" when who looks every second has seen half a second of it
//                close-outputs CODE        closes both outputs and exits with a code
//                read FILE...              prints "read BYTES" or "refused" for each file
//                write FILE...             prints "written" or "refused" for each file
//                open-to-write FILE...     prints "opened" or "refused" for each file, and changes none
//                fill FILE BYTES           writes until that fails; prints "stopped at N MiB" or "filled"
//                connect PORT              prints "connected" or "refused" for a port of this machine
//                connect-abstract NAME     the same for an abstract Unix socket
//                find-in-environments TEXT prints "found N", the number of processes with a text in an environment that it can read
//   Diagnostics.cs diagnose FOLDER ID NAME asks the diagnostics socket of a .NET process for its environment: "got NAME=VALUE", "got no NAME" or "refused"
using DelphiRunner.Child;

return args is [var command, .. var rest]
    ? Plain.Run(command, rest) ?? Output.Run(command, rest) ?? Waiting.Run(command, rest) ?? Family.Run(command, rest) ?? Hostile.Run(command, rest) ?? Unknown(command)
    : Unknown("(none)");

static int Unknown(string command)
{
    Console.Error.WriteLine($"Unknown command '{command}'. The commands are listed at the top of tests/Child/Program.cs.");
    return 64;
}
