using System.CommandLine;
using System.Text.Json.Nodes;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Configuration;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Cli;

/// <summary>Runs a command line and turns every end of it into an exit code and, if it is not good, one clear message.</summary>
/// <remarks>The message goes to standard error. With <c>--output json</c> standard output gets an <c>error</c> object besides.</remarks>
internal sealed class CommandBorder(TextWriter standardOutput, TextWriter standardError, TimeProvider time)
{
    public GlobalOptions Options { get; } = new();

    /// <summary>Gives a command its action.</summary>
    public void Handle(Command command, Func<Invocation, ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction((parsed, cancellationToken) => action(
            new Invocation(() => ConfigurationLoader.Load(Options.Sources(parsed)), StoreFactory.OpenAsync, OutputFor(parsed), time), parsed, cancellationToken));

    public async Task<int> RunAsync(RootCommand root, IReadOnlyList<string> arguments)
    {
        var parsed = root.Parse(arguments);
        try
        {
            if (parsed.Errors.Count > 0)
            {
                throw UsageFailure(parsed);
            }

            // No default handlers: signals belong to the commands that end cleanly by them, and exceptions are turned into codes here.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = standardOutput,
                Error = standardError,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception error)
        {
            return Fail(OutputFor(parsed), error);
        }
    }

    private static CommandFailure UsageFailure(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var see = $"See '{CommandPath(parsed)} --help'.";
        if (parsed.UnmatchedTokens is not [var unknown, ..])
            return new CommandFailure(ExitCodes.Usage, $"{OnOneLine(parsed.Errors[0].Message)} {see}");

        var known = command.Subcommands.Select(subcommand => subcommand.Name).Concat(command.Options.Select(option => option.Name));
        var hint = NearestKey.Find(unknown, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";
        return new CommandFailure(ExitCodes.Usage, $"'{unknown}' is not known here.{hint} {see}");
    }

    private static string OnOneLine(string message) =>
        string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var command = parsed.CommandResult; command.Parent is System.CommandLine.Parsing.CommandResult parent; command = parent)
        {
            names.Push(command.Command.Name);
        }

        return string.Join(' ', names.Prepend("delphi-runner"));
    }

    private static int Fail(CommandOutput output, Exception error)
    {
        var (code, kind) = error switch
        {
            CommandFailure failure => (failure.ExitCode, KindOf(failure.ExitCode)),
            ConfigurationException or PluginException or ConfinementException => (ExitCodes.Configuration, "configuration"),
            StoreException => (ExitCodes.StoreUnavailable, "store"),
            StateFolderException => (ExitCodes.StoreUnavailable, "state"),
            InvalidRowException => (ExitCodes.BadData, "data"),
            _ => (ExitCodes.Internal, "internal"),
        };
        var problems = Problems(error).ToList();
        var heading = error is ConfigurationException ? $"The configuration cannot be used: {Count(problems.Count)}." : error.Message;
        output.Note($"delphi-runner: {Printable.Lines(code == ExitCodes.Internal ? $"This is a fault of the program. {error}" : heading)}");
        foreach (var problem in problems)
        {
            output.Note($"  {Printable.Lines(problem.Text)}");
        }

        if (output.IsJson)
        {
            var details = new JsonObject { ["code"] = code, ["kind"] = kind, ["message"] = heading };
            if (problems.Count > 0)
            {
                details["problems"] = new JsonArray([.. problems.Select(problem => problem.Json)]);
            }

            output.Json(new JsonObject { ["error"] = details });
        }

        return code;
    }

    private static IEnumerable<(string Text, JsonNode Json)> Problems(Exception error) => error switch
    {
        CommandFailure failure => failure.Problems.Select(problem => (problem, (JsonNode)new JsonObject { ["message"] = problem })),
        ConfigurationException configuration => configuration.Problems.Select(problem => (problem.ToString(), (JsonNode)new JsonObject
        {
            ["source"] = problem.Place.Source,
            ["line"] = problem.Place.Line,
            ["column"] = problem.Place.Column,
            ["key"] = problem.Key,
            ["message"] = problem.Message,
        })),
        _ => [],
    };

    private static string KindOf(int exitCode) => exitCode switch
    {
        ExitCodes.Usage => "usage",
        ExitCodes.BadData => "data",
        ExitCodes.NotFound => "not_found",
        ExitCodes.StoreUnavailable => "store",
        ExitCodes.Configuration => "configuration",
        _ => "failed",
    };

    private static string Count(int problems) => problems == 1 ? "1 problem" : $"{problems} problems";

    private CommandOutput OutputFor(ParseResult parsed) => new(Options.WantsJson(parsed), standardOutput, standardError);
}
