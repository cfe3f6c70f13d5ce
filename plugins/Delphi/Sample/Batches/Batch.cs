using DelphiRunner.Plugins.Delphi.Sample.Statistics;

namespace DelphiRunner.Plugins.Delphi.Sample.Batches;

/// <summary>A batch as it lies in its folder.</summary>
internal sealed record Batch
{
    public required string BatchId { get; init; }

    /// <summary>The job that sent it, by which a check finds it.</summary>
    public required string JobId { get; init; }

    public required int ConversationId { get; init; }

    public required string ReportId { get; init; }

    public required string Model { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required int Requests { get; init; }
}

/// <summary>One request of a batch: what a group thinks about a topic.</summary>
internal sealed record BatchRequest
{
    public required string CustomId { get; init; }

    public required int Group { get; init; }

    public required int Members { get; init; }

    public required string Topic { get; init; }

    public required IReadOnlyList<RequestedStance> Stances { get; init; }
}

/// <summary>A comment of the topic and how the group stands to it.</summary>
internal sealed record RequestedStance(string Text, bool Represents, Stance Stance);
