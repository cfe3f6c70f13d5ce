using System.CommandLine;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Plugins;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Runner.Cli;

/// <summary><c>plugins list</c>: which plugins this host uses, for which job types, and why it does not use others.</summary>
internal static class PluginsListCommand
{
    public static Command Define(CommandBorder border)
    {
        var command = new Command("list", "List the plugins, their handlers and job types, and what keeps others from running.");
        border.Handle(command, (invocation, _, cancellationToken) => ListAsync(invocation, cancellationToken));
        return command;
    }

    public static async Task<int> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var configuration = invocation.Configuration;
        var catalog = await PluginCatalog.LoadAsync(
            configuration.Plugins,
            configuration.Folder,
            configuration.PluginGenerations,
            NullLoggerFactory.Instance,
            invocation.Time,
            cancellationToken);
        if (catalog.EmptyFolder is { } empty)
            throw new CommandFailure(ExitCodes.Configuration, empty);

        if (invocation.Output.IsJson)
            invocation.Output.Json(ToJson(catalog));
        else
            Print(invocation.Output, catalog);
        return catalog.Quarantined.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static void Print(CommandOutput output, PluginCatalog catalog)
    {
        output.Table(
            ["PLUGIN", "VERSION", "HASH", "HANDLER", "JOB TYPES"],
            catalog.Plugins.SelectMany(plugin => plugin.Handlers.Select(IReadOnlyList<string> (handler) =>
                [plugin.Name, plugin.Version, plugin.Hash, handler.Name, string.Join(", ", Served(catalog, plugin, handler))])));
        foreach (var plugin in catalog.Quarantined)
        {
            output.Line(Printable.Lines($"Quarantined: {plugin.Name}: {plugin.Reason}"));
        }

        foreach (var problem in catalog.Problems)
        {
            output.Line(Printable.Lines($"Note: {problem}"));
        }
    }

    private static JsonObject ToJson(PluginCatalog catalog) => new()
    {
        ["plugins"] = new JsonArray([.. catalog.Plugins.Select(plugin => new JsonObject
        {
            ["name"] = plugin.Name,
            ["version"] = plugin.Version,
            ["hash"] = plugin.Hash,
            ["folder"] = plugin.Folder,
            ["handlers"] = new JsonArray([.. plugin.Handlers.Select(handler => new JsonObject
            {
                ["name"] = handler.Name,
                ["job_types"] = Texts(Served(catalog, plugin, handler)),
            })]),
        })]),
        ["quarantined"] = new JsonArray([.. catalog.Quarantined.Select(plugin => new JsonObject
        {
            ["name"] = plugin.Name,
            ["reason"] = plugin.Reason,
            ["job_types"] = Texts(plugin.JobTypes),
        })]),
        ["problems"] = Texts(catalog.Problems),
    };

    // Of what a handler declares, only what the host would really give to it: two plugins may declare one job type.
    private static IEnumerable<string> Served(PluginCatalog catalog, LoadedPlugin plugin, LoadedHandler handler) =>
        handler.JobTypes.Where(jobType => catalog.TryResolve(jobType) is { } found && found.Plugin == plugin.Name && found.Name == handler.Name);

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
