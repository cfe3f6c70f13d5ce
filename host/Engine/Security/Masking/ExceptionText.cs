namespace DelphiRunner.Engine.Security.Masking;

/// <summary>Makes texts of exceptions that a plugin may have written, whose own members may throw. Never throws.</summary>
internal static class ExceptionText
{
    /// <summary>Gives the message of an exception, or which one it is when that cannot be had.</summary>
    public static string MessageOf(Exception exception) => Try(() => exception.Message) ?? Instead(exception);

    /// <summary>Gives all that an exception tells of itself, or null when that cannot be had.</summary>
    public static string? TryDescribe(Exception exception) => Try(exception.ToString);

    /// <summary>Names an exception that does not tell of itself.</summary>
    public static string Instead(Exception exception) => $"({exception.GetType()}, which fails when it is asked for its text)";

    private static string? Try(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (Exception)
        {
            // A plugin's own code. What is asked for is how the plugin failed, not how that is told.
            return null;
        }
    }
}
