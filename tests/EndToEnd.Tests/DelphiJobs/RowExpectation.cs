using System.Collections.Immutable;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>What has to become of one row of the folder, written by hand from what a correct runner does with it, never from a run.</summary>
internal sealed record RowExpectation(string Row)
{
    /// <summary>The one command that is started for the row; null when none may be.</summary>
    public DelphiCommand? Command { get; init; }

    /// <summary>The command's arguments after those of the configuration, all of them and in this order.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>Variables that the command has to see.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Variables that the command may not see.</summary>
    public ImmutableArray<string> NotInEnvironment { get; init; } = [];

    /// <summary>The attributes that may change, and to what; every other one has to stay byte for byte.</summary>
    public ImmutableDictionary<string, ExpectedValue> Attributes { get; init; } = ImmutableDictionary<string, ExpectedValue>.Empty;

    /// <summary>Values in <c>job_results</c>, by their path.</summary>
    public ImmutableDictionary<string, string> Results { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Keys that <c>job_results</c> has to have, whatever their values.</summary>
    public ImmutableArray<string> ResultsHave { get; init; } = [];

    public ImmutableArray<string> ResultsHaveNot { get; init; } = [];

    /// <summary>Texts in the <c>error</c> of <c>job_results</c>, in <c>error_message</c> and in the log; empty for a row that does not fail.</summary>
    public ImmutableArray<string> Error { get; init; } = [];

    /// <summary>Texts in messages of the log.</summary>
    public ImmutableArray<string> Log { get; init; } = [];

    public ImmutableArray<string> NotInLog { get; init; } = [];

    /// <summary>The one row that is created beside; null when none may be.</summary>
    public ExpectedChecker? Checker { get; init; }

    /// <summary>Whether the row is somebody else's or has ended, so that nothing at all of it may change.</summary>
    public bool IsUntouched => Attributes.IsEmpty;

    public override string ToString() => Row;
}

/// <summary>The row that asks later whether a provider's batch is done.</summary>
internal sealed record ExpectedChecker(string Parent, string BatchId, string ConversationId, string ReportId);
