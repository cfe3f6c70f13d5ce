using System.CommandLine;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Runner.Cli;

/// <summary><c>run</c>, the default: polls the queue and runs its jobs until it is stopped.</summary>
internal static class RunCommand
{
    public static Command Define(CommandBorder border)
    {
        var command = new Command("run", "Poll the queue and run its jobs until stopped (the default).");
        Configure(command, border);
        return command;
    }

    /// <summary>Gives a command the options and the action of <c>run</c>; the root command has them too.</summary>
    public static void Configure(Command command, CommandBorder border)
    {
        var once = new Option<bool>("--once") { Description = "End when nothing runs and no row is due now." };
        command.Add(once);
        border.Handle(command, (invocation, parsed, cancellationToken) =>
        {
            HostProtection.CloseDiagnostics();
            return RunnerHost.RunAsync(invocation.Configuration, parsed.GetValue(once), cancellationToken);
        });
    }
}
