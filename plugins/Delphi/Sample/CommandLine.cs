namespace DelphiRunner.Plugins.Delphi.Sample;

/// <summary>Flags as Python's argparse reads them: <c>--flag=value</c> or <c>--flag value</c>, and what it says about wrong ones.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private CommandLine()
    {
    }

    /// <summary>Reads the arguments after the command's name.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="flags">The flags that take a value.</param>
    /// <param name="switches">The flags that take none.</param>
    /// <exception cref="UsageException">An argument is unknown, or a flag lacks its value.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments, IReadOnlyCollection<string> flags, IReadOnlyCollection<string> switches)
    {
        var line = new CommandLine();
        for (var i = 0; i < arguments.Count; i++)
        {
            var equals = arguments[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? arguments[i] : arguments[i][..equals];
            if (equals < 0 && switches.Contains(name))
            {
                line._values[name] = "True";
            }
            else if (!flags.Contains(name))
            {
                throw new UsageException($"unrecognized arguments: {arguments[i]}");
            }
            else if (equals >= 0)
            {
                line._values[name] = arguments[i][(equals + 1)..];
            }
            else
            {
                line._values[name] = ++i < arguments.Count ? arguments[i] : throw new UsageException($"argument {name}: expected one argument");
            }
        }

        return line;
    }

    public string? Find(string flag) => _values.GetValueOrDefault(flag);

    /// <exception cref="UsageException">The flag is missing.</exception>
    public string Require(string flag) => Find(flag) ?? throw new UsageException($"the following arguments are required: {flag}");

    /// <summary>Reads a boolean as <c>type=bool</c> does: every text but the empty one is true.</summary>
    public bool Boolean(string flag, bool otherwise) => Find(flag) is { } value ? value.Length > 0 : otherwise;

    /// <exception cref="UsageException">The value is no whole number.</exception>
    public static int Whole(string flag, string value, int least) =>
        int.TryParse(value, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number)
        && number >= least
            ? number
            : throw new UsageException($"argument {flag}: invalid int value: '{value}'");
}

/// <summary>Thrown for a wrong command line, which ends the program with code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
