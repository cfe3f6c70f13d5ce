using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Upkeep;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary>What was found about a store, for people and for programs.</summary>
internal static class CheckView
{
    public static bool AreMet(IReadOnlyList<StoreCheck> checks) => checks.All(check => check.IsMet);

    public static void Print(CommandOutput output, IReadOnlyList<StoreCheck> checks)
    {
        output.Table(
            ["WHAT", "STATE", "NEEDED", "DETAIL"],
            checks.Select(IReadOnlyList<string> (check) => [check.Name, Word(check.State), check.IsNeeded ? "yes" : "no", check.Detail]));
        foreach (var check in checks.Where(check => check.State != StoreCheckState.Ok))
        {
            output.Line(Printable.Line($"Without {check.Name}: {check.Cost}"));
        }
    }

    public static JsonArray Json(IReadOnlyList<StoreCheck> checks) => new(
    [
        .. checks.Select(check => new JsonObject
        {
            ["name"] = check.Name,
            ["state"] = Word(check.State),
            ["needed"] = check.IsNeeded,
            ["detail"] = check.Detail,
            ["cost"] = check.Cost,
        }),
    ]);

    private static string Word(StoreCheckState state) => state switch
    {
        StoreCheckState.Ok => "ok",
        StoreCheckState.Missing => "missing",
        StoreCheckState.Refused => "refused",
        _ => "wrong",
    };
}
