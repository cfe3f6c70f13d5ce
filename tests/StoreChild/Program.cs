using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.StoreChild;

// One command per behaviour of a process that shares a queue's file with a test. Each acknowledged write is a line of standard output.
if (args is not [var command, var path, .. var rest])
{
    await Console.Error.WriteLineAsync("usage: store-child drain|drain-and-die|create|create-stubbornly|fill-stubbornly|create-together|submit|fill|count FILE [ARGUMENT]");
    await Console.Error.WriteLineAsync("       store-child prove session|namespace PROGRAM [ARGUMENT...]");
    await Console.Error.WriteLineAsync("       store-child mask show");
    return 64;
}

if (command == "prove")
    return await Proof.GiveAsync(path, rest);
if (command == "mask")
    return await Masks.ShowAsync();

await using var store = new SqliteJobStore(path, TimeProvider.System);
try
{
    return command switch
    {
        "drain" => await Work.DrainAsync(store, rest[0]),
        "drain-and-die" => await Work.DrainAndDieAsync(store, int.Parse(rest[0], null)),
        "create-stubbornly" => await Work.CreateStubbornlyAsync(store, int.Parse(rest[0], null)),
        "fill-stubbornly" => await Work.FillStubbornlyAsync(store, int.Parse(rest[0], null)),
        "create" => await Work.CreateAsync(store, int.Parse(rest[0], null)),
        "create-together" => await Work.CreateTogetherAsync(store, int.Parse(rest[0], null)),
        "submit" => await Work.SubmitAsync(store),
        "fill" => await Work.FillAsync(store),
        "count" => await Work.CountAsync(store),
        _ => 64,
    };
}
catch (StoreException failure)
{
    Console.WriteLine($"failed {failure.Message}");
    return 1;
}
