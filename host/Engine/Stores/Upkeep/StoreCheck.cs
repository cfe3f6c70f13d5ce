namespace DelphiRunner.Engine.Stores.Upkeep;

/// <summary>What became of one look at a store.</summary>
internal enum StoreCheckState
{
    /// <summary>It is as it should be.</summary>
    Ok,

    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>It is not permitted.</summary>
    Refused,

    /// <summary>It is there, but other than it should be.</summary>
    Wrong,
}

/// <summary>One thing that a store should have or allow, and what was found.</summary>
internal sealed record StoreCheck
{
    /// <summary>What was looked at, for instance <c>index StatusCreatedIndex</c>; stable, for programs that read it.</summary>
    public required string Name { get; init; }

    public required StoreCheckState State { get; init; }

    /// <summary>What was seen, in one sentence.</summary>
    public required string Detail { get; init; }

    /// <summary>Whether something of this program or of those beside it does not work without it.</summary>
    public bool IsNeeded { get; init; } = true;

    /// <summary>What does not work without it; empty where it is as it should be.</summary>
    public string Cost { get; init; } = "";

    /// <summary>Whether nothing that is needed is lacking here.</summary>
    public bool IsMet => State == StoreCheckState.Ok || !IsNeeded;
}
