using System.Globalization;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>Looks from outside for what is left of an attempt, without asking the code that should have killed it.</summary>
internal static class Survivors
{
    /// <summary>Finds the running processes that carry a text in their environment or on their command line.</summary>
    public static IReadOnlyList<string> With(string text) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId && ProcessStat.TryRead(id) is { HasEnded: false })
            .Where(id => Holds(id, "environ", text) || Holds(id, "cmdline", text))
            .Select(id => $"{id} {KernelFile.ReadText($"/proc/{id}/cmdline").Replace('\0', ' ')}"),
    ];

    private static bool Holds(int id, string file, string text) => KernelFile.ReadText($"/proc/{id}/{file}").Contains(text, StringComparison.Ordinal);
}
