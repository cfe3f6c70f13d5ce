namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>Finds all in which the commands that were started for a row are not what was expected, each as a sentence.</summary>
internal static class StartDifferences
{
    /// <summary>What no command may see of the host: its secrets, and its other variables.</summary>
    private static readonly string[] NeverInherited = [Deployment.HostOnly, "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "DOTNET_ROOT"];

    public static IEnumerable<string> In(RowExpectation expected, IReadOnlyList<RecordedStart> starts, string appPath)
    {
        if (expected.Command is not { } command)
        {
            return starts.Select(start => $"'{start}' was started; nothing may be.");
        }

        return starts switch
        {
            [] => [$"Nothing was started; expected: {command} {string.Join(' ', expected.Arguments)}."],
            [var start] => InStart(expected, command, start, appPath),
            _ => [$"{starts.Count} commands were started, expected one: {string.Join("; ", starts)}"],
        };
    }

    private static IEnumerable<string> InStart(RowExpectation expected, DelphiCommand command, RecordedStart start, string appPath)
    {
        if (start.Command != command || !start.Arguments.SequenceEqual(expected.Arguments))
        {
            yield return $"'{start}' was started; expected: {command} {string.Join(' ', expected.Arguments)}.";
        }

        foreach (var (name, value) in expected.Environment.Where(pair => start.Environment.GetValueOrDefault(pair.Key) != pair.Value))
        {
            yield return $"The command's {name} is {(start.Environment.TryGetValue(name, out var seen) ? $"'{seen}'" : "not set")}; expected: '{value}'.";
        }

        foreach (var name in expected.NotInEnvironment.Concat(NeverInherited).Where(start.Environment.ContainsKey))
        {
            yield return $"The command's {name} is '{start.Environment[name]}'; it may not be set.";
        }

        if (start.WorkingFolder != appPath)
        {
            yield return $"The command ran in '{start.WorkingFolder}'; expected: '{appPath}', since the script uses relative paths.";
        }

        if (start.StandardInput.Length > 0)
        {
            yield return $"The command got '{start.StandardInput}' on standard input; expected: nothing.";
        }
    }
}
