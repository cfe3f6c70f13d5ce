using System.Text;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli;

/// <summary>A file that holds one row in DynamoDB JSON.</summary>
internal static class RowFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="CommandFailure">The file is missing, cannot be read, or holds no row; the message names it.</exception>
    public static async Task<JobRow> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return RowJson.Parse(await File.ReadAllTextAsync(file, Strict, cancellationToken));
        }
        catch (InvalidRowException wrong)
        {
            throw new CommandFailure(ExitCodes.BadData, $"{file}: {wrong.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new CommandFailure(ExitCodes.BadData, $"{file}: The file is not valid UTF-8. Save it in that encoding.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailure(ExitCodes.NotFound, $"{file}: There is no such file.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.BadData, $"{file}: The file cannot be read: {error.Message}");
        }
    }
}
