namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>The section <c>plugins.settings.Delphi</c>.</summary>
internal sealed record DelphiSettings
{
    /// <summary>Where the scripts lie in a Delphi container.</summary>
    public const string DefaultAppPath = "/app";

    /// <summary>The absolute folder of the Delphi scripts: <c>{app_path}</c> in commands, and every command's working directory. Default: /app.</summary>
    public required string AppPath { get; init; }

    public required DelphiCommands Commands { get; init; }

    public required DelphiFlags Flags { get; init; }

    /// <summary>The storage bucket of the visualizations; null leaves it to the scripts, whose default is <see cref="DefaultBucket"/>.</summary>
    public string? Bucket { get; init; }

    /// <summary>The address of the storage, without a slash at its end, or null: results then name no address of a visualization.</summary>
    public string? S3Endpoint { get; init; }

    /// <summary>The model of narrative reports, or null for none.</summary>
    public string? Model { get; init; }

    /// <summary>Whether a job may name another model than <see cref="Model"/>. Default: false, since a model decides about costs.</summary>
    public bool HonorJobModel { get; init; }

    /// <summary>The requests of a batch where the job names no number. From 1 to 100,000. Default: 20.</summary>
    public long MaxBatchSize { get; init; } = 20;

    public RecheckSettings Recheck { get; init; } = new();

    /// <summary>How often a check that ended with code 1 is asked again before its job fails. From 0 to 100. Default: 3.</summary>
    public int CheckFailureRetries { get; init; } = 3;

    public SizeSettings Sizes { get; init; } = new();

    /// <summary>Where comments are counted for the sizes. Default: none, so that every job is normal.</summary>
    public DatabaseSettings Database { get; init; } = DatabaseSettings.None;

    /// <summary>The variables that every command gets: those of <c>child_environment</c>, and of the host's those in <c>forward_environment</c>.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The host's own MAX_VOTES and BATCH_SIZE, which count where a job says nothing.</summary>
    public required IReadOnlyDictionary<string, string> Limits { get; init; }

    public const string DefaultBucket = "polis-delphi";
}

/// <summary>The keys under <c>commands</c>: each a program and its leading arguments.</summary>
internal sealed record DelphiCommands
{
    public required IReadOnlyList<string> FullPipeline { get; init; }

    public required IReadOnlyList<string> CreateNarrativeBatch { get; init; }

    public required IReadOnlyList<string> CheckNarrativeBatch { get; init; }
}

/// <summary>The keys under <c>flags</c>: the optional flags that the deployed scripts know, without their dashes. Others are never passed.</summary>
internal sealed record DelphiFlags
{
    public required IReadOnlySet<string> FullPipeline { get; init; }

    public required IReadOnlySet<string> CreateNarrativeBatch { get; init; }
}

/// <summary>The keys under <c>recheck</c>.</summary>
internal sealed record RecheckSettings
{
    /// <summary>The wait before the first check, and after it. Default: 60 s.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait between two checks. Default: 5 min.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long after its creation a check is given up. Default: 25 h, since a provider's batch expires after 24 h.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromHours(25);
}
