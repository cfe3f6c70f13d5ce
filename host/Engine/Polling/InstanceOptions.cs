using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Polling;

/// <summary>How the type of an instance decides which sizes of jobs it takes.</summary>
internal enum InstanceRule
{
    /// <summary>A large instance takes only large jobs, <c>dev</c> takes all, and every other only those that are not large.</summary>
    Strict,

    /// <summary>A large instance takes only large jobs, and every other takes all.</summary>
    LargeOnly,
}

/// <summary>The section <c>instance</c>: whether this host takes jobs by their size.</summary>
/// <remarks>Both rules are those of the Python pollers of a Delphi deployment, which began with the strict one.</remarks>
internal sealed record InstanceOptions
{
    public const string Large = "large";
    public const string Dev = "dev";

    /// <summary>The types of instances that deployments have; to the rules, any other text is like <c>small</c> and <c>default</c>.</summary>
    public static readonly IReadOnlyList<string> Sizes = ["small", "default", Large, Dev];

    /// <summary>The type of the instance that this host runs on, or null: then it takes jobs of every size. Default: null.</summary>
    public string? Size { get; init; }

    /// <summary>Default: <see cref="InstanceRule.Strict"/>.</summary>
    public InstanceRule Rule { get; init; }

    /// <summary>Whether jobs of every size are taken, so that nobody has to be asked for one.</summary>
    public bool TakesAll => Takes(JobSize.Normal) && Takes(JobSize.Large);

    public bool Takes(JobSize size) => (Size, Rule) switch
    {
        (null, _) => true,
        (Large, _) => size == JobSize.Large,
        (_, InstanceRule.LargeOnly) or (Dev, _) => true,
        _ => size != JobSize.Large,
    };
}
