using System.CommandLine;
using System.Text.Json.Nodes;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Cli;

/// <summary><c>config check</c> and <c>config show</c>.</summary>
internal static class ConfigCommands
{
    public static Command DefineCheck(CommandBorder border)
    {
        var command = new Command("check", "Check the configuration, and say all that is wrong with it. Opens and changes nothing.");
        border.Handle(command, (invocation, _, _) => Task.FromResult(Check(invocation)));
        return command;
    }

    public static Command DefineShow(CommandBorder border)
    {
        var command = new Command("show", "Show the configuration in force, and where each value comes from.");
        border.Handle(command, (invocation, _, _) => Task.FromResult(Show(invocation)));
        return command;
    }

    public static int Check(Invocation invocation)
    {
        var configuration = invocation.Configuration;
        HashedPrograms.Require(configuration);
        if (invocation.Output.IsJson)
        {
            invocation.Output.Json(new JsonObject
            {
                ["file"] = configuration.File,
                ["notices"] = new JsonArray([.. configuration.Notices.Select(notice => JsonValue.Create(notice))]),
            });
            return ExitCodes.Ok;
        }

        invocation.Output.Line($"{configuration.File} is in order.");
        foreach (var notice in configuration.Notices)
        {
            invocation.Output.Line($"Note: {notice}");
        }

        return ExitCodes.Ok;
    }

    public static int Show(Invocation invocation)
    {
        var configuration = invocation.Configuration;
        var view = ConfigurationView.Of(configuration);
        if (invocation.Output.IsJson)
            invocation.Output.Json(view);
        else
            invocation.Output.Table(["KEY", "VALUE", "FROM"], Rows(view, "", configuration));
        return ExitCodes.Ok;
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(JsonObject map, string path, RunnerConfiguration configuration)
    {
        foreach (var (name, value) in map)
        {
            var key = path.Length == 0 ? name : $"{path}.{name}";
            if (value is JsonObject { Count: > 0 } section)
            {
                foreach (var row in Rows(section, key, configuration))
                {
                    yield return row;
                }
            }
            else if (value is not null)
            {
                yield return [key, Text(value), configuration.Places.TryGetValue(key, out var place) ? place.ToString() : "default"];
            }
        }
    }

    private static string Text(JsonNode value) => value switch
    {
        JsonArray list => $"[{string.Join(", ", list.Select(item => item?.ToString() ?? "null"))}]",
        JsonObject => "{}",
        _ => value.ToString(),
    };
}
