using System.CommandLine;
using System.Text.Json.Nodes;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary><c>store init</c>: creates the table or file of the queue where it is missing, and changes nothing that is there.</summary>
internal static class StoreInitCommand
{
    public static Command Define(CommandBorder border)
    {
        var command = new Command("init", "Create the configured store where it is missing. What is there stays as it is.");
        border.Handle(command, (invocation, _, cancellationToken) => InitAsync(invocation, cancellationToken));
        return command;
    }

    public static async Task<int> InitAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var output = invocation.Output;
        using var stopping = new StopSignals(cancellationToken);
        await using var store = StoreFactory.UpkeepOf(invocation.Configuration);
        bool isCreated;
        try
        {
            isCreated = await store.CreateAsync(new Notes(output), stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.Token.IsCancellationRequested)
        {
            throw new CommandFailure(ExitCodes.Failed, "Interrupted. Run 'store init' again to see whether the store is ready.");
        }

        var checks = await store.CheckAsync(cancellationToken);
        var isMet = CheckView.AreMet(checks);
        if (output.IsJson)
        {
            output.Json(new JsonObject { ["store"] = store.Name, ["created"] = isCreated, ["ok"] = isMet, ["checks"] = CheckView.Json(checks) });
        }
        else
        {
            output.Line(Printable.Line(isCreated ? $"Created {store.Name}." : $"{store.Name} is there already; nothing was changed."));
            CheckView.Print(output, checks);
        }

        return isMet ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private sealed class Notes(CommandOutput output) : IProgress<string>
    {
        public void Report(string value) => output.Note(Printable.Line(value));
    }
}
