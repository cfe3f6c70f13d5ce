using DelphiRunner.Plugins.Delphi.Sample.Votes;

namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>What the pipeline finds out about a conversation; stored as its results file.</summary>
internal sealed record Analysis
{
    public required string ConversationId { get; init; }

    public required int Participants { get; init; }

    public required int Comments { get; init; }

    public required int Votes { get; init; }

    /// <summary>The parts of the whole variance that lie along the two components.</summary>
    public required IReadOnlyList<double> ExplainedVariance { get; init; }

    public required IReadOnlyList<Position> Positions { get; init; }

    /// <summary>The groups, the largest first; empty where the participants could not be divided.</summary>
    public IReadOnlyList<OpinionGroup> Groups { get; init; } = [];

    /// <summary>The topics; empty where there are no groups.</summary>
    public IReadOnlyList<Topic> Topics { get; init; } = [];

    /// <summary>How well the groups are apart, from -1 to 1; null where there are none.</summary>
    public double? Silhouette { get; init; }
}

/// <summary>Where a participant stands on the two components.</summary>
internal sealed record Position(int Participant, double X, double Y);

/// <summary>Participants of like opinion.</summary>
internal sealed record OpinionGroup
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    public required IReadOnlyList<int> Participants { get; init; }

    /// <summary>The comments that set the group apart, the strongest first.</summary>
    public required IReadOnlyList<int> Representative { get; init; }

    public required IReadOnlyList<Stance> Stances { get; init; }
}

/// <summary>Comments that divide the participants in the same way.</summary>
internal sealed record Topic
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>The text of the comment in its middle.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<int> Comments { get; init; }
}
