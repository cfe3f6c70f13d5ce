using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Commands;

/// <summary>The arguments of a Python script. Optional flags that the deployed script does not know are left out.</summary>
/// <remarks>
/// The scripts read booleans with <c>type=bool</c>, for which every text but the empty one is true. So true is <c>--flag=True</c>, and
/// false is the flag left out where that is its default, or <c>--flag=</c> where the default is true.
/// </remarks>
internal sealed class ArgumentList(IReadOnlySet<string> knownFlags, JobContext context)
{
    private readonly List<string> _arguments = [];

    public ArgumentList Require(string flag, string value)
    {
        _arguments.Add($"--{flag}={value}");
        return this;
    }

    public ArgumentList Add(string flag, string? value)
    {
        if (value is not null && IsKnown(flag, $"--{flag}={value}"))
        {
            _arguments.Add($"--{flag}={value}");
        }

        return this;
    }

    /// <summary>Adds a boolean that is false where the flag is missing.</summary>
    public ArgumentList AddWhenTrue(string flag, bool value) => value ? Add(flag, "True") : this;

    /// <summary>Adds a boolean that is true where the flag is missing.</summary>
    public ArgumentList AddTrueByDefault(string flag, bool value)
    {
        if (knownFlags.Contains(flag) || !value)
        {
            Add(flag, value ? "True" : "");
        }

        return this;
    }

    /// <summary>Adds a flag that takes no value.</summary>
    public ArgumentList AddSwitch(string flag, bool value)
    {
        if (value && IsKnown(flag, $"--{flag}"))
        {
            _arguments.Add($"--{flag}");
        }

        return this;
    }

    public IReadOnlyList<string> ToList() => _arguments;

    private bool IsKnown(string flag, string argument)
    {
        if (knownFlags.Contains(flag))
        {
            return true;
        }

        context.Log(JobLogLevel.Warning, $"Left out {argument}: '{flag}' is not among the flags that plugins.settings.Delphi.flags gives this command.");
        return false;
    }
}
