// A stand-in for the Python poller of an existing deployment, which polls the same table during a migration. It does what that one does, its
// faults included: it looks at the first candidate only, trusts a lock's text for 15 minutes and never renews it, and writes logs unconditionally.
//
//   python-poller --endpoint-url URL --table NAME --interval SECONDS --scripts FOLDER [--clock-ahead SECONDS]
//
// FOLDER holds run_delphi.sh, 801_narrative_report_batch.sh and 803_check_batch_status.sh. A clock that is ahead is that of a machine whose time
// is wrong. Standard output carries the jobs' lines, standard error its own log. It runs until it is killed, and leaves its child behind then.
using DelphiRunner.PythonPoller;

if (PollerArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync("Usage: python-poller --endpoint-url URL --table NAME --interval SECONDS --scripts FOLDER [--clock-ahead SECONDS]");
    return 64;
}

using var table = new JobTable(arguments);
await new Worker(arguments, table).RunAsync();
return 0;
