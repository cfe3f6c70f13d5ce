using System.Globalization;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Looks from outside for the commands that a deployment runs.</summary>
internal static class RunningProcesses
{
    /// <summary>Finds the ids of the processes that have their home below a folder.</summary>
    public static IReadOnlyList<int> Of(string folder) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(entry => int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && EnvironmentOf(id).Split('\0').Any(variable => variable.StartsWith($"HOME={folder}", StringComparison.Ordinal))),
    ];

    // Empty of one that has ended.
    private static string EnvironmentOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
